"""Make a model folder for a site under test: python networks.py KIND FOLDER

Runs in the classifier's test environment. `usual` computes for a while as a trained network
does, `slow` more than five times as long, and `errors` answers no dark photo with numbers.
"""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.services.classifier.networks import (  # noqa: E402 - the path is set above
    nan_when_dark,
    replace_network,
    slow_network,
)

# Convolutions before the answer. What comes before and after them takes as long as one or two.
USUAL, SLOW = 1, 30
KINDS = {
    "usual": lambda: slow_network(USUAL),
    "slow": lambda: slow_network(SLOW),
    "errors": nan_when_dark,
}


def main():
    kind, folder = sys.argv[1], Path(sys.argv[2])
    bootstrap = ROOT / "services" / "classifier" / "bootstrap" / "model"
    shutil.copytree(bootstrap, folder, ignore=shutil.ignore_patterns("version.json"))
    replace_network(folder, KINDS[kind]())


if __name__ == "__main__":
    main()
