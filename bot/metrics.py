"""What is counted, for /metrics: numbers only, nobody's data."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._messages = Counter("pijar_messages", "Messages taken in and committed", registry=self.registry)
        self._batches = Histogram(
            "pijar_batch_seconds", "Time from a batch's start to its commit", registry=self.registry
        )
        self._parked = Counter("pijar_parked", "Messages that our code could not handle", registry=self.registry)
        self._forged = Counter(
            "pijar_forged", "Requests without the provider's signature", ["channel"], registry=self.registry
        )
        self._unreadable = Counter(
            "pijar_unreadable", "Updates that could not be parsed", ["channel"], registry=self.registry
        )
        self._knocks = Counter(
            "pijar_knocks", "Templates that told somebody of news of their own, by what became of them", ["state"],
            registry=self.registry,
        )  # fmt: skip
        self._up = Gauge("pijar_database_up", "1 while the database takes writes", registry=self.registry)
        self._up.set(1)

    def batch(self, messages: int, seconds: float) -> None:
        """A batch was committed."""
        self._messages.inc(messages)
        self._batches.observe(seconds)

    def parked(self) -> None:
        """A message was set aside because our code raised."""
        self._parked.inc()

    def forged(self, channel: str) -> None:
        """A request was turned away."""
        self._forged.labels(channel).inc()

    def unreadable(self, channel: str) -> None:
        """An update was stepped over."""
        self._unreadable.labels(channel).inc()

    def knock(self, state: str) -> None:
        """One was sent, failed or is uncertain."""
        self._knocks.labels(state).inc()

    def database(self, up: bool) -> None:
        """Whether the last write went through."""
        self._up.set(1 if up else 0)

    def page(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)
