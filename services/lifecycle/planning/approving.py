"""What somebody's word would do: the commit, until when it holds, and which gates it opens."""

from typing import Any

from services.lifecycle.errors import RefusedError
from services.lifecycle.planning.deed import Deed, Stage
from services.lifecycle.releasing.gates.asking import Asking, Question
from services.lifecycle.step import Step
from services.lifecycle.verbs import approve
from services.lifecycle.verbs.promote import promoter


def make(step: Step, wish: dict[str, Any]) -> Deed:
    """Rehearse the approval, and ask the gates before and after it."""
    stage = Stage(step)
    question = _question(stage.step, wish)
    before = Asking(stage.step, question).approval() if question else None
    outputs = stage.run(approve.run, wish, RefusedError)
    said, commits = list(stage.said), stage.step.gitops.commits
    found = Asking(stage.step, question).ask() if question else None
    gates = [gate.facts() for gate in found.gates] if found else []
    given = bool(commits) and not wish["revoke"]
    # Said exactly: carried out later, it ends when the plan said that it would.
    exact = {**wish, "expires": outputs["expires"] if given else wish["expires"]}
    answers = {gate["name"]: gate["answer"] for gate in gates}
    after = answers.get("approval", "")
    now = before.answer.value if before else ""
    word = {name: outputs.get(name, "") for name in ("digest", "by", "expires")}
    return Deed(
        command="approve",
        wish=exact,
        about={**word, "approval": {"now": now, "then": after}},
        world={
            "image": word["digest"],
            "person": word["by"],
            "approval": now,
            "gates": answers,
            "commits": len(commits),
        },
        says=said,
        commits=commits,
        moves=[],
        gates=gates,
        refused=stage.refused,
    )


def _question(step: Step, wish: dict[str, Any]) -> Question | None:
    if wish["version"] is None:
        return None
    return Question(wish["version"], wish["target"], promoter(step, "{}"))
