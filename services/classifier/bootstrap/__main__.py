"""Write the first model: `python -m services.classifier.bootstrap --out DIR`.

It stands in each environment until a trained one arrives, so that the gateway answers
from the first minute. It has no version, and guesses by the mean colour of a photo. Its
three files lie beside this one (see `build.py`); this command needs only Python.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

MODEL = Path(__file__).parent / "model"


def main(arguments: Sequence[str]) -> int:
    """Copy the model folder to where it is wanted; return the exit code."""
    parser = argparse.ArgumentParser(prog="services.classifier.bootstrap", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    out = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    for file in sorted(MODEL.iterdir()):
        shutil.copyfile(file, out / file.name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
