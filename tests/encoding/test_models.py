import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from streamtrack.encoding import models, open_encoder
from streamtrack.encoding.models import DEFAULT_MODEL, build, find_model, list_models, pull
from streamtrack.errors import ModelError
from tests.encoding.tiny import write_tiny

BUILD = "import sys; from streamtrack.encoding.models import build, find_model; build(find_model(sys.argv[1]))"


def test_the_default_model_is_listed() -> None:
    assert DEFAULT_MODEL in [model.manifest.name for model in list_models()]


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match=rf"no model 'nonesuch'; known are .*{DEFAULT_MODEL}"):
        find_model("nonesuch")


def test_files_go_beside_the_manifest_of_a_checkout_unless_a_folder_is_given(tmp_path: Path) -> None:
    write_tiny(tmp_path / "somewhere")
    assert find_model(tmp_path / "somewhere").cache == tmp_path / "somewhere" / "cache"
    assert find_model(tmp_path / "somewhere", tmp_path / "data").cache == tmp_path / "data" / "tiny"


def test_an_installed_copy_keeps_files_in_the_cache_folder_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "streamtrack"
    write_tiny(package / "_models" / "tiny")
    monkeypatch.setattr(models, "__file__", str(package / "encoding" / "models.py"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    [model] = list_models()
    assert model.folder == package / "_models" / "tiny"
    assert model.cache == platformdirs.user_cache_path("streamtrack") / "models" / "tiny"


def test_a_model_goes_from_pulled_to_built(tmp_path: Path) -> None:
    write_tiny(tmp_path / "tiny")
    model = find_model(tmp_path / "tiny", tmp_path / "data")
    assert (model.pulled, model.built) == (False, False)
    pull(model, local=tmp_path / "tiny" / "cache")
    assert (model.pulled, model.built) == (True, False)
    assert build(model) == model.graph()
    assert model.built


def test_a_built_model_needs_its_weights_no_more(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    model = find_model(tmp_path)
    build(model)
    (model.cache / "model.safetensors").unlink()
    with open_encoder(tmp_path) as encoder:
        assert encoder.dim == model.manifest.dim


def test_a_missing_model_says_what_to_run(tmp_path: Path) -> None:
    write_tiny(tmp_path / "tiny")
    with pytest.raises(ModelError, match="streamtrack models pull tiny"):
        open_encoder(tmp_path / "tiny", model_dir=tmp_path / "data")


@pytest.mark.slow
def test_two_processes_that_build_at_once_both_succeed(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    command = [sys.executable, "-c", BUILD, str(tmp_path)]
    for process in [subprocess.Popen(command) for _ in range(2)]:
        assert process.wait() == 0
    model = find_model(tmp_path)
    assert model.built
    assert sorted(path.name for path in model.cache.iterdir()) == ["fp32.onnx", "model.safetensors", "tokenizer.json"]
