"""Make a model that is so many times slower than the usual one: python slower.py FACTOR FOLDER

Runs in the classifier's test environment. Two classifiers are timed as a client sees them, and
the convolutions that are needed follow from the line through both.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.lifecycle import networks
from tests.services.classifier.networks import slow_network
from tests.services.classifier.photos import saved, scene
from tests.services.classifier.process import Server

ANSWERS = 40
FEW, MANY = networks.USUAL, 13


def seconds(rounds):
    """Return how long a client waits for an answer of so many convolutions, at the median."""
    with tempfile.TemporaryDirectory() as work:
        model = Path(work) / "model"
        networks.write(model, slow_network(rounds))
        with Server(model) as server:
            return statistics.median(_one(server) for _ in range(ANSWERS))


def _one(server):
    began = time.monotonic()
    assert server.predict(saved(scene())).status_code == 200
    return time.monotonic() - began


def rounds_for(factor):
    """Return how many convolutions make an answer take `factor` times as long as a usual one."""
    usual, much = seconds(FEW), seconds(MANY)
    each = (much - usual) / (MANY - FEW)
    return FEW + round((factor - 1) * usual / each)


if __name__ == "__main__":
    networks.write(sys.argv[2], slow_network(rounds_for(float(sys.argv[1]))))
