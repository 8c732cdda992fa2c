"""What the parts of one audit share, kept where pytest keeps it."""

import pytest

from tests.nodes.audit.asking import Answers
from tests.nodes.audit.facts import Facts, Node
from tests.nodes.audit.report import Report
from tests.nodes.audit.waivers import Waiver

FACTS = pytest.StashKey[Facts]()
NODES = pytest.StashKey[dict[str, Node]]()
ANSWERS = pytest.StashKey[Answers]()
HELD = pytest.StashKey[list[Waiver]]()
REPORT = pytest.StashKey[Report]()
