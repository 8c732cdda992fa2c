"""The order of tests: GOURMETOPS_SHUFFLE=SEED puts them into another.

Files come in any order then, and so do the tests of a file, unless it says `in_order`: its tests
tell one story. `./run nox -s shuffled` uses this.
"""

import itertools
import os
import random

SEED = os.environ.get("GOURMETOPS_SHUFFLE")


def pytest_report_header():
    """Say how to have the same order again."""
    return [f"order: GOURMETOPS_SHUFFLE={SEED}"] if SEED else []


def pytest_collection_modifyitems(items):
    """Shuffle in place; the same seed gives the same order."""
    if SEED:
        items[:] = shuffled(items, random.Random(int(SEED)))


def shuffled(items, order):
    """Return the tests in another order, those of a file together."""
    files = [list(tests) for _, tests in itertools.groupby(items, key=lambda item: item.path)]
    order.shuffle(files)
    for tests in files:
        if not tests[0].get_closest_marker("in_order"):
            order.shuffle(tests)
    return [test for tests in files for test in tests]
