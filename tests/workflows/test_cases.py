"""One small workflow for each rule of Argo, with what must come out of it beside it."""

from pathlib import Path

import pytest
import yaml

from tests.workflows import running
from tests.workflows.outcome import differences

FOLDER = Path(__file__).parent / "cases"
CASES = sorted(path for path in FOLDER.glob("*/*.yaml") if ".expect" not in path.suffixes)


@pytest.mark.parametrize("case", [pytest.param(p, id=f"{p.parent.name}/{p.stem}") for p in CASES])
def test_a_case_ends_as_it_must(case: Path, tmp_path: Path) -> None:
    want = yaml.safe_load(case.with_suffix(".expect.yaml").read_text(encoding="utf-8"))

    (workflow,) = running.run([case], tmp_path)

    assert differences(want, workflow, running.logs(workflow, tmp_path)) == []


def test_there_are_at_least_150_cases_and_each_says_what_it_shows() -> None:
    assert len(CASES) >= 150
    for case in CASES:
        assert case.read_text(encoding="utf-8").startswith("# "), case
        assert case.with_suffix(".expect.yaml").exists(), case
