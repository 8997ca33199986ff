"""The trackers that listen, as immutable snapshots swapped by one assignment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamtrack.core.messages import TrackerChoice
from streamtrack.core.ports import Snapshot, SnapshotBuilder
from streamtrack.errors import UnknownTracker
from streamtrack.runtime.batcher import Batcher
from streamtrack.types import Tracker


@dataclass(frozen=True, slots=True)
class Listening:
    """The trackers one client asked for: a catalog snapshot narrowed to some ids, and its own beside it.

    ``ids`` is None when every tracker of the catalog listens. ``language`` narrows further: a tracker that names
    languages listens only to those.
    """

    catalog: Snapshot
    ids: frozenset[str] | None
    inline: Snapshot | None
    language: str | None

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """The indexes to search."""
        return (self.catalog,) if self.inline is None else (self.catalog, self.inline)

    @property
    def trackers(self) -> tuple[Tracker, ...]:
        """Every tracker that listens."""
        own = () if self.inline is None else self.inline.trackers
        return tuple(one for one in (*self.catalog.trackers, *own) if self.hears(one))

    def hears(self, tracker: Tracker) -> bool:
        """Whether this tracker was asked for and speaks the language."""
        chosen = self.ids is None or tracker.id in self.ids or tracker.id.startswith("inline:")
        return chosen and speaks(tracker, self.language)


def speaks(tracker: Tracker, language: str | None) -> bool:
    """Whether a tracker listens to talk of a language: ``en`` covers ``en-US``, and no language covers all."""
    if not tracker.languages or language is None:
        return True
    asked = language.lower()
    return any(asked == own.lower() or asked.startswith(own.lower() + "-") for own in tracker.languages)


class Catalog:
    """The current snapshot, and the way to a new one."""

    def __init__(self, build: SnapshotBuilder, batcher: Batcher) -> None:
        self._build = build
        self._batcher = batcher
        self._snapshot: Snapshot | None = None

    @property
    def snapshot(self) -> Snapshot:
        """The index over the newest catalog version. RuntimeError before the first ``publish``: a bug."""
        if self._snapshot is None:
            raise RuntimeError("the catalog was read before its first version; this is a bug")
        return self._snapshot

    async def publish(self, trackers: Sequence[Tracker]) -> Snapshot:
        """Build the next version on the encoder thread and swap it in; readers keep the old one meanwhile."""
        version = 1 if self._snapshot is None else self._snapshot.catalog_version + 1
        enabled = tuple(one for one in trackers if one.enabled)
        built = await self._batcher.run(lambda: self._build(enabled, version))
        self._snapshot = built
        return built

    async def choose(self, choice: TrackerChoice, language: str | None) -> Listening:
        """The trackers a client asks for. Raises UnknownTracker for an id or a name that is not there."""
        catalog = self.snapshot
        ids = self._chosen(choice, catalog)
        inline = None
        if choice.inline:
            own = [
                definition.tracker(id=f"inline:{definition.id or definition.name}", version=1)
                for definition in choice.inline
                if definition.enabled
            ]
            inline = await self._batcher.run(lambda: self._build(own, catalog.catalog_version))
        return Listening(catalog, ids, inline, language)

    @staticmethod
    def _chosen(choice: TrackerChoice, catalog: Snapshot) -> frozenset[str] | None:
        known = {one.id for one in catalog.trackers}
        named = {one.name: one.id for one in catalog.trackers}
        for field, asked, there in (("ids", choice.ids, known), ("names", choice.names, named.keys())):
            missing = [one for one in asked if one not in there]
            if missing:
                raise UnknownTracker(f"trackers.{field}: {missing[0]!r} is not in catalog {catalog.catalog_version}")
        if choice.mode == "all":
            return None
        return frozenset(choice.ids) | {named[name] for name in choice.names}
