"""Every workflow file that we ship is one that the runner takes."""

from pathlib import Path

import pytest

from workflows import argo_lint
from workflows.runner.check.structure import structure
from workflows.runner.check.validate import validate
from workflows.runner.language import manifest

FOLDER = Path(__file__).parents[2] / "workflows"
SHIPPED = sorted(FOLDER.glob("*.yaml"))


@pytest.fixture(scope="module")
def documents():
    return [d for file in SHIPPED for d in manifest.read(file.read_text(), file.name)]


def test_there_are_workflow_files():
    assert SHIPPED


def test_they_hold_only_what_is_known_and_done_here(documents):
    assert [str(problem) for document in documents for problem in structure(document)] == []


def test_they_are_valid_together(documents):
    validate(documents)


def test_each_file_is_named_like_its_object(documents):
    assert [f"{document.data['metadata']['name']}.yaml" for document in documents] == [
        file.name for file in SHIPPED
    ]


def test_each_file_is_as_argo_s_own_linter_has_passed_it():
    assert argo_lint.record() == argo_lint.PASSED.read_text(), "run ./run nox -s argo, and commit"
