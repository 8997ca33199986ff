"""The matching without a server: texts in, hits out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from threadpoolctl import threadpool_limits

from streamtrack.core.ports import Encoder, Snapshot, SnapshotBuilder
from streamtrack.encoding.models import find_model, open_encoder
from streamtrack.index import SnapshotFactory, read_background
from streamtrack.library.files import load_trackers
from streamtrack.library.prebuilt import prebuilt_trackers
from streamtrack.runtime.matching import Question, answer
from streamtrack.settings import Settings
from streamtrack.types import Hit, Tracker

LIBRARY = "library"


def read_trackers(sources: Sequence[str]) -> tuple[Tracker, ...]:
    """The trackers of some files, in order; ``library`` stands for the pre-built ones.

    Raises InvalidTrackerFile that names file, line, field and what is allowed.
    """
    found: list[Tracker] = []
    for source in sources:
        found += prebuilt_trackers() if source == LIBRARY else load_trackers(Path(source))
    return tuple(found)


@contextmanager
def open_matching(settings: Settings) -> Iterator[tuple[Encoder, SnapshotBuilder]]:
    """The encoder, warm, and the builder of its snapshots. Raises ModelError that says what to run."""
    model = find_model(settings.model, settings.model_dir)
    with (
        open_encoder(settings.model, model_dir=settings.model_dir, threads=settings.threads) as encoder,
        # The products of the index are small: threads that share one wait for each other, and on a busy machine long.
        threadpool_limits(limits=1, user_api="blas"),
    ):
        encoder.warm_up()
        yield encoder, SnapshotFactory(encoder, read_background(model.folder, encoder.dim))


class Engine:
    """Trackers over texts, in this process. Not for use from several threads at once.

    >>> from streamtrack import Engine
    >>> with Engine() as engine:
    ...     for hit in engine.match("I'd like to cancel my subscription please"):
    ...         print(hit.tracker.name, hit.score)
    """

    def __init__(self, trackers: Sequence[Tracker] | None = None, settings: Settings | None = None) -> None:
        """Open the encoder, fetching and building the model at first use; the pre-built trackers by default."""
        self._stack = ExitStack()
        self._encoder, self._build = self._stack.enter_context(open_matching(settings or Settings()))
        self._snapshot: Snapshot = self._build(prebuilt_trackers() if trackers is None else trackers, 1)

    def listen_to(self, trackers: Sequence[Tracker]) -> None:
        """Replace the trackers."""
        self._snapshot = self._build(trackers, self._snapshot.catalog_version + 1)

    def match(self, text: str) -> tuple[Hit, ...]:
        """The trackers that fire on a text, best margin first."""
        return self.match_all([text])[0]

    def match_all(self, texts: Sequence[str]) -> list[tuple[Hit, ...]]:
        """The trackers that fire on each text, encoded as one batch; a score is the same as alone."""
        if not texts:
            return []
        questions = [Question(text, (self._snapshot,)) for text in texts]
        return [found.hits for found in answer(self._encoder, questions)]

    def close(self) -> None:
        """Give back the model's memory."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
