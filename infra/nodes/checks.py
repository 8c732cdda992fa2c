"""What a check is: a command that only reads, a judgement of what it printed, and a remedy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Takes what the command printed; returns what is wrong, or None.
Judge = Callable[[str], str | None]

# Takes what every node printed; returns what is wrong with which.
JudgeAll = Callable[[Mapping[str, str]], Mapping[str, str]]


@dataclass(frozen=True)
class Check:
    """One question for a node.

    Attributes:
        name: What is checked, as it appears in a report.
        command: What to run there, in sh. It must only read.
        judge: Judges the answer of one node.
        remedy: What a person does about it.
        together: Judges the answers of all nodes at once, where the question is whether
            they differ or agree.
        advice: A node that fails it may be used all the same.
    """

    name: str
    command: str
    judge: Judge
    remedy: str
    together: JudgeAll | None = None
    advice: bool = False


@dataclass(frozen=True)
class Finding:
    """How one check went on one node.

    Attributes:
        state: ok, bad, advice, or unreachable (then nothing could be asked).
    """

    node: str
    check: str
    state: str
    problem: str = ""
    remedy: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether the node must not be used like this."""
        return self.state in ("bad", "unreachable")

    def __str__(self) -> str:
        return f"{self.node}: {self.check}: {self.problem}. {self.remedy}".rstrip()
