"""The metrics of a replica are read as the classifier writes them."""

import subprocess

import pytest

from services import environments
from services.lifecycle.judging.exposition import read
from tests.services.lifecycle.conftest import ROOT

# Run with the classifier's own code, in its own environment: what it writes is the contract.
WRITE = """
from services.classifier.metrics import Metrics
from services.classifier.model import Answer
metrics = Metrics("7", "sha256:abc", "canary")
for status, seconds in ((200, 0.004), (200, 0.04), (503, 5.5), (422, 0.001), (500, 20.0)):
    metrics.request("/predict", status, seconds)
metrics.request("/healthz", 500, 9.0)
metrics.answer(Answer("Noodles/Pasta", 0.75, {}))
metrics.answer(Answer("Soup", 0.25, {}))
metrics.correction("6", "Soup", "Rice")
print(metrics.text().decode())
"""


@pytest.fixture(scope="module")
def written():
    python = environments.ensure(ROOT / "services" / "classifier" / "requirements.txt")
    command = [str(python / "bin" / "python"), "-c", WRITE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return read(done.stdout)


def test_it_says_what_it_serves_and_since_when(written):
    assert (written.version, written.digest) == ("7", "sha256:abc")
    assert written.started > 1.6e9


def test_answers_to_photos_are_counted_by_what_became_of_them(written):
    counts = written.counts

    assert (counts["answers"], counts["errors"], counts["refusals"]) == (5, 2, 1)


def test_times_are_known_by_their_buckets(written):
    counts = written.counts

    assert len(counts.edges()) == 14
    assert [counts.within(edge) for edge in (0.005, 0.05, 5, 10)] == [2, 3, 3, 4]
    assert counts["timed"] == 5


def test_labels_and_confidence_are_counted_even_where_a_label_never_came(written):
    counts = written.counts

    assert (counts.label("Noodles/Pasta"), counts.label("Soup"), counts.label("Rice")) == (1, 1, 0)
    assert len(counts.labels()) == 11
    assert (counts["confidence"], counts["confident"]) == (1.0, 2)


def test_quotes_and_line_ends_in_a_label_are_read_as_they_were():
    info = 'classifier_info{version="7",digest="d"} 1\n'
    text = info + 'classifier_predictions_total{label="a \\"b\\" \\\\n",version="7"} 3\n'

    assert read(text).counts.label('a "b" \\n') == 3


def test_what_another_version_counted_is_not_taken():
    text = 'classifier_info{version="7",digest="d"} 1\n'
    text += 'classifier_requests_total{path="/predict",status="200",version="6"} 3\n'

    assert read(text).counts["answers"] == 0


@pytest.mark.parametrize("text", ["", "hello", '<html class="x">'])
def test_text_that_names_no_version_is_refused(text):
    with pytest.raises(ValueError, match="do not name one version"):
        read(text)
