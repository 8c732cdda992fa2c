"""The table of support tells the truth: what is done is named in the code that does it."""

import re
from pathlib import Path

from workflows.runner.check import fields

RUNNER = Path(fields.__file__).parents[1]

#: Done by doing nothing in particular.
OF_ITSELF = {
    "Volume.emptyDir",  # a fresh folder is what a volume is, unless it says otherwise
    "CronWorkflowSpec.failedJobsHistoryLimit",  # both are named by what they have in common
    "CronWorkflowSpec.successfulJobsHistoryLimit",
    "ArchiveStrategy.tar",  # what is kept is read back as it was, packed or not
}


def words_of_the_engine():
    """Give every word in the code beside the checks and the languages."""
    code = [
        file.read_text()
        for file in RUNNER.rglob("*.py")
        if not {"check", "language"} & set(file.relative_to(RUNNER).parts)
    ]
    return set(re.findall(r"[A-Za-z][A-Za-z0-9]+", "\n".join(code)))


def test_what_is_done_is_named_in_the_code_that_does_it():
    words = words_of_the_engine()
    unnamed = {
        f"{name}.{field.name}"
        for name, of_type in fields.schema().items()
        for field in of_type.values()
        if field.support == "done" and field.name not in words
    }

    assert unnamed == OF_ITSELF
