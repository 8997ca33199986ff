"""What the engine counts and times, in Prometheus' terms. ``docs/operations.md`` lists every name."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

MILLISECONDS = (0.25, 0.5, 1, 2, 3, 4, 6, 8, 10, 15, 20, 30, 50, 75, 100, 200, 500, 1000, 5000)


class Metrics:
    """The instruments of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.queue_ms = self._times("queue", "Wait of a text for the encoder, by class.", "urgency")
        self.encode_ms = self._times("encode", "Time of one batch in the encoder.")
        self.search_ms = self._times("search", "Time of one batch in the index.")
        self.total_ms = self._times("total", "From receipt of a fragment to its matches being published.", "urgency")
        self.batch_texts = Histogram(
            "streamtrack_batch_texts", "Texts in one batch.", buckets=(1, 2, 4, 8, 16, 32, 64), registry=self.registry
        )
        self.connections = self._gauge("connections", "Open sockets, by kind.", "kind")
        self.conversations = self._gauge("conversations", "Conversations in memory.")
        self.backlog = self._gauge("backlog_texts", "Texts waiting for the encoder, by class.", "urgency")
        self.fragments = self._counter("fragments", "Fragments taken, by kind.", "kind")
        self.matches = self._counter("matches", "Match events, by state.", "state")
        self.superseded = self._counter("superseded_interims", "Interims replaced by newer text before their turn.")
        self.shed = self._counter("shed_interims", "Interims refused because too many texts were waiting.")
        self.failures = self._counter("encoding_failures", "Texts whose batch failed in the encoder or the index.")
        self.errors = self._counter("errors", "Errors told to clients, by code.", "code")
        self.slow_readers = self._counter("slow_readers", "Connections cut because their outbox was full.")

    def _times(self, name: str, help_text: str, *labels: str) -> Histogram:
        return Histogram(
            f"streamtrack_{name}_milliseconds", help_text, labels, buckets=MILLISECONDS, registry=self.registry
        )

    def _gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(f"streamtrack_{name}", help_text, labels, registry=self.registry)

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(f"streamtrack_{name}", help_text, labels, registry=self.registry)
