"""Bad files: each is refused with the sentence, and the line, that stand in its first lines.

`# refused: LINE: SENTENCE` is what linting and running say; `# refused on submit: …` is
what only running says. A file may hold several documents; every sentence is listed.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from workflows.runner.check.problem import RefusedError
from workflows.runner.check.structure import structure
from workflows.runner.check.validate import validate
from workflows.runner.language import manifest
from workflows.runner.language.errors import ManifestError

HERE = Path(__file__).parent
REFUSED = sorted((HERE / "refused").glob("*.yaml"))
ACCEPTED = sorted((HERE / "accepted").glob("*.yaml"))
EXPECTED = re.compile(r"# refused(?P<submit> on submit)?: (?P<sentence>.+)")


def sentences(text: str, name: str, *, submit: bool) -> list[str]:
    """Say what is wrong with a file, as lint or run would."""
    try:
        documents = manifest.read(text, name)
        if problems := [problem for document in documents for problem in structure(document)]:
            return [str(problem) for problem in problems]
        runs = [d for d in documents if d.data.get("kind") == "Workflow"]
        validate(documents, submit=runs[-1] if submit and runs else None)
    except ManifestError as error:
        return [str(error)]
    except RefusedError as refusal:
        return [str(problem) for problem in refusal.problems]
    return []


@pytest.mark.parametrize("file", REFUSED, ids=lambda file: file.stem)
def test_a_bad_file_is_refused_with_its_sentence_and_line(file):
    text = file.read_text()
    expected = [match for line in text.splitlines() if (match := EXPECTED.fullmatch(line))]
    only_on_submit = any(match["submit"] for match in expected)

    found = sentences(text, file.name, submit=only_on_submit)

    assert expected
    assert found == [f"{file.name}:{match['sentence']}" for match in expected]
    if only_on_submit:
        assert sentences(text, file.name, submit=False) == []


@pytest.mark.parametrize("file", ACCEPTED, ids=lambda file: file.stem)
@pytest.mark.parametrize("submit", [False, True], ids=["lint", "submit"])
def test_a_file_that_argo_takes_is_not_refused(file, submit):
    assert sentences(file.read_text(), file.name, submit=submit) == []


@pytest.mark.parametrize("name", ["key-twice", "field-misspelt-in-spec", "dag-cycle"])
def test_the_command_says_so_and_ends_with_2(name):
    file = HERE / "refused" / f"{name}.yaml"

    done = subprocess.run(
        [sys.executable, "-m", "workflows.runner", "lint", str(file)],
        capture_output=True,
        text=True,
        cwd=HERE.parents[1],
        check=False,
    )

    expected = EXPECTED.match(file.read_text())
    assert done.returncode == 2
    assert done.stderr.strip() == f"{file}:{expected['sentence']}"


def test_there_is_a_bad_file_for_each_rule():
    assert len(REFUSED) >= 200
    assert len(ACCEPTED) >= 20
