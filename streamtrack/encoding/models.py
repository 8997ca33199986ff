"""The models this installation knows: list, pull, build, verify and open them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import platformdirs

from streamtrack.encoding.files import holds, sha256, write_whole
from streamtrack.encoding.manifest import MANIFEST, TOKENIZER, Manifest, Precision, load_manifest
from streamtrack.encoding.onnx_encoder import OnnxEncoder
from streamtrack.encoding.sources import is_provisioned, provision
from streamtrack.errors import ModelError

DEFAULT_MODEL = "all-MiniLM-L6-v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A known model: its manifest, the folder that holds it, and where its files are kept."""

    manifest: Manifest
    folder: Path
    cache: Path

    def graph(self, precision: Precision | None = None) -> Path:
        """Where the built graph stands, or would stand."""
        return self.cache / f"{precision or self.manifest.precision}.onnx"

    @property
    def pulled(self) -> bool:
        """Whether weights and tokenizer are here, with the right hash."""
        return is_provisioned(self.manifest, self.cache)

    @property
    def built(self) -> bool:
        """Whether the graph is here, with the right hash, and its tokenizer."""
        return self.has_graph(self.manifest.precision)

    def has_graph(self, precision: Precision) -> bool:
        """Whether the graph of this precision is here, with the right hash, and its tokenizer."""
        pinned = self.manifest.graphs.get(precision)
        if not holds(self.cache / TOKENIZER, self.manifest.tokenizer_sha256):
            return False
        return self.graph(precision).is_file() if pinned is None else holds(self.graph(precision), pinned)


def models_folder() -> Path:
    """The folder of manifests: ``models`` of a checkout, ``streamtrack/_models`` of an installed copy."""
    package = Path(__file__).parents[1]
    installed = package / "_models"
    return installed if installed.is_dir() else package.parent / "models"


def list_models(model_dir: Path | None = None) -> tuple[Model, ...]:
    """All known models by name."""
    return tuple(find_model(path.parent.name, model_dir) for path in sorted(models_folder().glob(f"*/{MANIFEST}")))


def find_model(name_or_path: str | Path, model_dir: Path | None = None) -> Model:
    """The model of this name, or in this folder. Its files go to ``model_dir/<name>`` where that is given.

    Otherwise to ``cache`` beside the manifest; for a model that came with an installed copy, to the user's cache
    folder. Raises ModelError for an unknown name and for a faulty manifest.
    """
    home, folder = models_folder(), Path(name_or_path)
    if not (folder / MANIFEST).is_file():
        folder = home / name_or_path
    if not (folder / MANIFEST).is_file():
        known = ", ".join(path.parent.name for path in sorted(home.glob(f"*/{MANIFEST}"))) or "none"
        raise ModelError(f"no model {str(name_or_path)!r}; known are {known}, or give a folder with a {MANIFEST}")
    manifest = load_manifest(folder)
    if model_dir is not None:
        kept = model_dir / manifest.name
    elif folder.parent.name == "_models":
        kept = platformdirs.user_cache_path("streamtrack") / "models" / manifest.name
    else:
        kept = folder / "cache"
    return Model(manifest=manifest, folder=folder, cache=kept)


def pull(model: Model, *, local: Path | None = None, progress: bool = True) -> None:
    """Fetch weights and tokenizer unless they are here; see ``sources.provision``."""
    provision(model.manifest, model.cache, local=local, progress=progress)


def build(
    model: Model, *, precision: Precision | None = None, local: Path | None = None, progress: bool = True
) -> Path:
    """Build the graph unless it is here, pulling the weights if need be; gives back its path.

    Two processes may build at once. Raises ModelError where the weights cannot be had or the result is not the
    pinned one.
    """
    wanted: Precision = precision or model.manifest.precision
    path = model.graph(wanted)
    if not model.has_graph(wanted):
        pull(model, local=local, progress=progress)
        # Imported here: a start with the graph in place needs none of what builds it, which is slow to load.
        from streamtrack.encoding.build import build_graph

        write_whole(path, build_graph(model.manifest, model.folder, model.cache, wanted))
    return path


def open_encoder(
    name_or_path: str | Path = DEFAULT_MODEL,
    *,
    model_dir: Path | None = None,
    local: Path | None = None,
    precision: Precision | None = None,
    threads: int | None = None,
    progress: bool = True,
) -> OnnxEncoder:
    """An encoder ready to run; the first time on a machine its weights are fetched and its graph is built.

    ``model_dir`` is as in ``find_model``; ``threads`` of None or 0 means the cores this process may use. Raises
    ModelError, which says what to run.
    """
    model = find_model(name_or_path, model_dir)
    graph = build(model, precision=precision, local=local, progress=progress)
    digest = model.manifest.graphs.get(precision or model.manifest.precision) or sha256(graph)
    return OnnxEncoder(
        model.manifest,
        graph=graph,
        tokenizer=model.cache / TOKENIZER,
        model=f"{model.manifest.name}@{digest[:12]}",
        threads=threads,
    )
