import http.server
import shutil
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from streamtrack.encoding.files import sha256
from streamtrack.encoding.manifest import TOKENIZER, WEIGHTS, HubSource, Manifest, WheelSource
from streamtrack.encoding.sources import is_provisioned, provision
from streamtrack.errors import ModelError
from tests.encoding.tiny import write_tiny

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return write_tiny(tmp_path / "model")


@pytest.fixture
def files(tmp_path: Path, manifest: Manifest) -> Path:
    """A folder with the two files of the model."""
    return tmp_path / "model" / "cache"


@pytest.fixture
def wheel(tmp_path: Path, files: Path) -> Path:
    """A wheel that carries the two files and wants dependencies that do not exist."""
    path = tmp_path / "wheels" / "tiny_weights-1.0-py3-none-any.whl"
    path.parent.mkdir()
    about = "tiny_weights-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for name in (WEIGHTS, TOKENIZER):
            archive.write(files / name, f"tiny_weights/{name}")
        needs = "Requires-Dist: no-such-framework"
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n{needs}\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return path


def from_wheel(manifest: Manifest, wheel: Path) -> Manifest:
    source = WheelSource(
        kind="wheel",
        package="tiny-weights",
        version="1.0",
        sha256=sha256(wheel),
        weights=f"tiny_weights/{WEIGHTS}",
        tokenizer=f"tiny_weights/{TOKENIZER}",
    )
    return replace(manifest, sources=(source,))


def from_hub(manifest: Manifest) -> Manifest:
    return replace(manifest, sources=(HubSource(kind="hub", repository="tiny/model", revision=COMMIT),))


@contextmanager
def hub(files: Path) -> Iterator[str]:
    """A hub on this machine that serves the files of one repository at one commit."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            return str(files / path.rpartition("/")[2])

        def end_headers(self) -> None:
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", f'"{self.path.rpartition("/")[2]}"')
            super().end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="hub")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_local_folder_gives_both_files_and_nothing_else(tmp_path: Path, manifest: Manifest, files: Path) -> None:
    provision(manifest, tmp_path / "new", local=files)
    assert is_provisioned(manifest, tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [WEIGHTS, TOKENIZER]


def test_files_already_there_are_kept_without_asking_any_source(manifest: Manifest, files: Path) -> None:
    before = (files / WEIGHTS).stat()
    provision(replace(manifest, sources=()), files)
    assert (files / WEIGHTS).stat() == before


def test_a_file_with_a_wrong_hash_is_never_put_in_its_place(tmp_path: Path, manifest: Manifest, files: Path) -> None:
    bad = tmp_path / "bad"
    shutil.copytree(files, bad)
    (bad / WEIGHTS).write_bytes(b"something else")
    with pytest.raises(
        ModelError, match=rf"model.safetensors has SHA-256 .*, the manifest wants {manifest.weights_sha256}"
    ):
        provision(manifest, tmp_path / "new", local=bad)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_corrupt_file_is_fetched_again(manifest: Manifest, files: Path, tmp_path: Path) -> None:
    good = tmp_path / "good"
    shutil.copytree(files, good)
    (files / TOKENIZER).write_bytes(b"broken")
    assert not is_provisioned(manifest, files)
    provision(manifest, files, local=good)
    assert is_provisioned(manifest, files)


def test_a_local_folder_without_the_files_says_which_is_missing(tmp_path: Path, manifest: Manifest) -> None:
    with pytest.raises(ModelError, match=r"No such file or directory.*tokenizer\.json"):
        provision(manifest, tmp_path / "new", local=tmp_path)


def test_a_local_wheel_is_opened_as_an_archive(tmp_path: Path, manifest: Manifest, wheel: Path) -> None:
    provision(from_wheel(manifest, wheel), tmp_path / "new", local=wheel)
    assert is_provisioned(manifest, tmp_path / "new")


def test_a_wheel_with_a_wrong_hash_is_not_opened(tmp_path: Path, manifest: Manifest, wheel: Path) -> None:
    wanting = from_wheel(manifest, wheel)
    wheel.write_bytes(wheel.read_bytes() + b"more")
    with pytest.raises(ModelError, match=r"tiny_weights-1.0-py3-none-any.whl has SHA-256"):
        provision(wanting, tmp_path / "new", local=wheel)


def test_a_local_file_of_another_kind_is_refused(tmp_path: Path, manifest: Manifest, files: Path) -> None:
    with pytest.raises(ModelError, match=r"neither a folder with model\.safetensors"):
        provision(manifest, tmp_path / "new", local=files / WEIGHTS)


@pytest.mark.slow
def test_the_wheel_source_downloads_the_wheel_without_its_dependencies(
    tmp_path: Path, manifest: Manifest, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    provision(from_wheel(manifest, wheel), tmp_path / "new", progress=False)
    assert is_provisioned(manifest, tmp_path / "new")


def test_the_hub_source_downloads_the_revision_of_the_manifest(tmp_path: Path, manifest: Manifest, files: Path) -> None:
    with hub(files) as address:
        provision(from_hub(manifest), tmp_path / "new", hub=address, progress=False)
    assert is_provisioned(manifest, tmp_path / "new")


@pytest.mark.slow
def test_when_no_source_answers_each_is_named_and_the_remedy_is_given(
    tmp_path: Path, manifest: Manifest, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    wanting = replace(manifest, sources=(*from_hub(manifest).sources, *from_wheel(manifest, wheel).sources))
    with pytest.raises(ModelError) as error:
        provision(wanting, tmp_path / "new", hub=NOWHERE, progress=False)
    assert "  hub tiny/model: " in str(error.value)
    assert "  wheel tiny-weights 1.0: " in str(error.value)
    assert "streamtrack models pull tiny --from FOLDER" in str(error.value)


def test_the_next_source_is_tried_when_one_is_out_of_reach(
    tmp_path: Path, manifest: Manifest, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    wanting = replace(manifest, sources=(*from_hub(manifest).sources, *from_wheel(manifest, wheel).sources))
    provision(wanting, tmp_path / "new", hub=NOWHERE, progress=False)
    assert is_provisioned(manifest, tmp_path / "new")
