from pathlib import Path
from typing import Any

import orjson
import pytest

from streamtrack.encoding.manifest import MANIFEST, HubSource, WheelSource, dump_manifest, load_manifest
from streamtrack.encoding.models import DEFAULT_MODEL, find_model
from streamtrack.errors import ModelError
from tests.encoding.tiny import write_tiny


def changed(folder: Path, **changes: Any) -> Path:
    write_tiny(folder)
    fields = orjson.loads((folder / MANIFEST).read_bytes()) | changes
    (folder / MANIFEST).write_bytes(orjson.dumps(fields))
    return folder


def test_the_shipped_manifest_names_the_files_of_the_default_model() -> None:
    manifest = find_model(DEFAULT_MODEL).manifest
    assert manifest.weights_sha256 == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert manifest.tokenizer_sha256 == "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
    assert (manifest.dim, manifest.licence, manifest.precision) == (384, "Apache-2.0", "int8")
    assert [type(source) for source in manifest.sources] == [HubSource, WheelSource]


def test_a_manifest_survives_being_written_and_read(tmp_path: Path) -> None:
    manifest = find_model(DEFAULT_MODEL).manifest
    (tmp_path / MANIFEST).write_bytes(dump_manifest(manifest))
    assert load_manifest(tmp_path) == manifest


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"pooling": "max"}, "pooling: Input should be 'mean' or 'cls'"),
        ({"colour": "blue"}, "colour: Unexpected keyword argument"),
        ({"weights_sha256": "abc"}, "weights_sha256: String should match pattern"),
        ({"dim": 17}, "dim is 17, which must equal architecture.hidden, 16"),
        ({"max_tokens": 41}, "max_tokens is 41, which must be at most architecture.positions, 40"),
        ({"overlap": 11}, "overlap is 11, which must be at most half of max_tokens, 20"),
        ({"sources": [{"kind": "hub", "repository": "a/b"}]}, "sources.0.hub.revision: "),
        ({"name": "../outside"}, "name: String should match pattern"),
        ({"companions": {"../outside": "0" * 64}}, "companions"),
    ],
)
def test_a_mistake_names_the_file_the_field_and_the_rule(
    tmp_path: Path, changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ModelError) as error:
        load_manifest(changed(tmp_path, **changes))
    assert complaint in str(error.value)
    assert str(tmp_path / MANIFEST) in str(error.value)


def test_heads_that_do_not_divide_the_hidden_size_are_refused(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    fields = orjson.loads((tmp_path / MANIFEST).read_bytes())
    fields["architecture"]["heads"] = 3
    (tmp_path / MANIFEST).write_bytes(orjson.dumps(fields))
    with pytest.raises(ModelError, match="hidden is 16, which must be a multiple of heads, 3"):
        load_manifest(tmp_path)


def test_a_file_that_is_not_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("not json")
    with pytest.raises(ModelError, match="manifest: Invalid JSON"):
        load_manifest(tmp_path)


def test_a_folder_without_a_manifest_says_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="streamtrack models list"):
        load_manifest(tmp_path)
