"""The order of tests can be changed, and what tells one story stays together."""

import random
from collections import namedtuple
from pathlib import Path

import pytest

from tests import conftest

Item = namedtuple("Item", "path name get_closest_marker")


def of(file, count, *, in_order=False):
    return [Item(Path(file), str(n), lambda _name: in_order) for n in range(count)]


@pytest.fixture
def suite():
    return of("a.py", 6) + of("story.py", 6, in_order=True) + of("b.py", 6)


def test_another_order_runs_every_test_once_and_those_of_a_file_together(suite):
    order = conftest.shuffled(suite, random.Random(1))

    files = [test.path.name for test in order]
    assert order != suite
    assert sorted(map(id, order)) == sorted(map(id, suite))
    assert sum(here != before for here, before in zip(files[1:], files, strict=False)) == 2


def test_a_file_that_tells_one_story_keeps_its_order(suite):
    for seed in range(5):
        order = conftest.shuffled(suite, random.Random(seed))
        assert [t.name for t in order if t.path.name == "story.py"] == list("012345")


def test_the_same_seed_gives_the_same_order(suite):
    one, two = (conftest.shuffled(suite, random.Random(7)) for _ in range(2))

    assert one == two
