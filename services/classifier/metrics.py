"""What the classifier counts, by model version, in the form that Prometheus reads."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from services import food
from services.classifier.model import Answer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)
SHARES = tuple(number / 20 for number in range(1, 21))


class Metrics:
    """The counters of one process. Each carries the version that it speaks of."""

    def __init__(self, version: str, digest: str, environment: str) -> None:
        self._version = version
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        Gauge(
            "classifier_info",
            "1, with what is served here",
            ["version", "digest", "environment"],
            registry=registry,
        ).labels(version, digest, environment).set(1)
        self._requests = Counter(
            "classifier_requests_total",
            "Requests by path and status",
            ["version", "path", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "classifier_request_seconds",
            "From the head of a request to the end of its answer",
            ["version", "path"],
            buckets=SECONDS,
            registry=registry,
        )
        self._confidence = Histogram(
            "classifier_confidence",
            "Probability of the label that was answered",
            ["version"],
            buckets=SHARES,
            registry=registry,
        ).labels(version)
        self._predictions = Counter(
            "classifier_predictions_total",
            "Answers by label",
            ["version", "label"],
            registry=registry,
        )
        self._corrections = Counter(
            "classifier_corrections_total",
            "Corrections by the label that was answered and the right one",
            ["version", "predicted", "corrected"],
            registry=registry,
        )
        self.waiting = Gauge(
            "classifier_waiting", "Photos that wait for their turn", registry=registry
        )
        for label in food.LABELS:  # so that a label that never came is 0, and not unknown
            self._predictions.labels(version, label)
        for status in ("200", "503"):
            self._requests.labels(version, "/predict", status)

    def request(self, path: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests.labels(self._version, path, str(status)).inc()
        self._seconds.labels(self._version, path).observe(seconds)

    def answer(self, answer: Answer) -> None:
        """Count what the model said."""
        self._confidence.observe(answer.confidence)
        self._predictions.labels(self._version, answer.label).inc()

    def correction(self, version: str, predicted: str, corrected: str) -> None:
        """Count a correction of what some version said."""
        self._corrections.labels(version, predicted, corrected).inc()

    def text(self) -> bytes:
        """Return everything as text."""
        return generate_latest(self._registry)
