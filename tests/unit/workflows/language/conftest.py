"""What the language tests share: the recorded results of the real libraries."""

import json
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[5] / "shared" / "argo-cases" / "vectors.json"


@pytest.fixture(scope="session")
def vectors():
    if not VECTORS.exists():
        pytest.skip("the recorded results are not beside this clone (../shared/argo-cases)")
    return json.loads(VECTORS.read_text())
