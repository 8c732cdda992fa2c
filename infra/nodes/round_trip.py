"""Many commands in one round trip: one script goes out, one text comes back."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from infra.nodes.checks import Check

# Between the answers. No program prints it by chance, and no shell reads it as more than text.
MARK = "@@gourmetops@@"


class GarbledError(ValueError):
    """What came back is not what the script prints."""


@dataclass(frozen=True)
class Answers:
    """What one node printed for each check, and its clock at the first and last command."""

    clock: str
    outputs: dict[str, str]


def script(checks: Sequence[Check]) -> str:
    """Return one command line that runs every check's command in a shell of its own."""
    parts = ["LC_ALL=C; export LC_ALL; PATH=$PATH:/usr/sbin:/sbin", "date +%s.%N"]
    for check in checks:
        parts.append(f"echo; echo {MARK}")
        parts.append(f"( {check.command}\n) 2>&1 </dev/null")
    parts += [f"echo; echo {MARK}", "date +%s.%N"]
    return f"exec sh -c {shlex.quote(chr(10).join(parts))}"


def read(text: str, checks: Sequence[Check]) -> Answers:
    """Take the text apart again.

    Raises:
        GarbledError: there are more or fewer answers than questions.
    """
    parts = [part.strip("\n") for part in text.split(f"{MARK}\n")]
    if len(parts) != len(checks) + 2 or not (parts[0].strip() and parts[-1].strip()):
        raise GarbledError(
            f"it gave {max(len(parts) - 2, 0)} answers to {len(checks)} questions: "
            f"{(text.strip() or 'nothing')[:200]!r}"
        )
    first, *answers, last = parts
    # A login banner may come before the first line.
    clock = f"{first.strip().splitlines()[-1]}\n{last.strip()}"
    outputs = zip((check.name for check in checks), answers, strict=True)
    return Answers(clock, {name: output + "\n" if output else "" for name, output in outputs})
