"""Fill in what a step or task says of earlier ones, when its turn has come."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from workflows.runner.engine.run import Run
from workflows.runner.errors import NodeFault, StuckFault
from workflows.runner.language import tags, when
from workflows.runner.language.errors import ConditionError, LanguageError, UnresolvedError
from workflows.runner.language.tags import ABSENT
from workflows.runner.scope import items
from workflows.runner.scope.arguments import LEFT_OUT
from workflows.runner.scope.scope import Scope, resolved_artifacts

Step = dict[str, Any]
_LOOPS = ("withItems", "withParam", "withSequence")


def should_run(condition: str | None) -> bool:
    """Decide a `when` whose tags are filled in.

    Raises:
        NodeFault: it cannot be decided.
    """
    if not condition:
        return True
    try:
        return when.decide(condition)
    except ConditionError as error:
        raise NodeFault(str(error)) from error


def resolve(run: Run, step: Mapping[str, Any], scope: Scope, *, lenient: bool) -> Step:
    """Give a step or task with its tags filled in; its hooks are left for later.

    Args:
        run: The workflow.
        step: As the template has it.
        scope: What came before it.
        lenient: Let any trouble with an optional artifact pass, as steps do.

    Raises:
        NodeFault: that cannot be done.
        StuckFault: it names something that will never be there.
    """
    hooks = step.get("hooks")
    bare = {key: value for key, value in step.items() if key != "hooks"}
    values = scope.over(run.globals)
    if bare.get("when"):
        condition = _filled(bare["when"], values)
        if _is_false(condition, bare):
            return {**bare, "when": condition, **({"hooks": hooks} if hooks else {})}
    bare = mark_absent(bare, scope)
    made: Step = _filled(bare, values)
    wanted = (made.get("arguments") or {}).get("artifacts")
    if wanted:
        try:
            found = resolved_artifacts(scope, wanted, lenient_all=lenient)
        except NodeFault as fault:
            prefix = "unable to resolve references: " if lenient else ""
            raise NodeFault(f"{prefix}{fault}") from fault
        made["arguments"] = {**made["arguments"], "artifacts": found}
    if hooks:
        made["hooks"] = hooks
    return made


def _is_false(condition: str, step: Mapping[str, Any]) -> bool:
    try:
        return not should_run(condition)
    except NodeFault:
        if items.loops(step):
            return False
        raise


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    text = json.dumps(value, ensure_ascii=False)
    if "{{" not in text:
        return value
    try:
        return json.loads(tags.fill(text, values, strict=tags.earlier_nodes))
    except UnresolvedError as error:
        raise StuckFault(
            f"{error}: nothing that is still to come can give it a value, so Argo would "
            "wait for it forever. Refer to a step that ran before and has that output"
        ) from error
    except LanguageError as error:
        raise NodeFault(str(error)) from error


def mark_absent(step: Mapping[str, Any], scope: Scope) -> Step:
    """Leave out arguments that are exactly an absent output, so that defaults apply."""
    arguments = step.get("arguments") or {}
    parameters = arguments.get("parameters") or []
    if not any(scope.is_absent(p.get("value")) for p in parameters):
        return dict(step)
    marked = [
        {**p, "value": LEFT_OUT} if scope.is_absent(p.get("value")) else p for p in parameters
    ]
    return {**step, "arguments": {**arguments, "parameters": marked}}


def expand(run: Run, step: Step, scope: Scope) -> list[Step]:
    """Give one step for each element of a loop.

    Raises:
        NodeFault: the loop or one of its elements is malformed.
    """
    condition = step.get("when")
    try:
        elements = items.of_loop(step)
    except NodeFault:
        if _will_run(condition):
            raise
        elements = []
    if elements is None:
        return [step]
    bare = {key: value for key, value in step.items() if key not in _LOOPS}
    text = json.dumps(bare, ensure_ascii=False)
    strict = not _known_false(condition)
    base: Mapping[str, Any] = scope.over(run.globals)
    if not strict:
        base = {key: value for key, value in base.items() if value is not ABSENT}
    return list(_elements(step, text, elements, base, strict=strict))


def _elements(
    step: Step, text: str, elements: list[Any], base: Mapping[str, Any], *, strict: bool
) -> Iterator[Step]:
    tagged = "{{" in text
    for index, element in enumerate(elements):
        own, described = items.tags_of(element)
        made = json.loads(text)
        if tagged:
            made = _element(text, {**base, **own}, strict=strict)
        made["name"] = items.element_name(step["name"], index, described)
        if "template" in step:
            made["template"] = step["template"]
        yield made


def _element(text: str, values: Mapping[str, Any], *, strict: bool) -> Step:
    try:
        filled = tags.fill(text, values, strict=tags.everything if strict else None)
    except LanguageError as error:
        raise NodeFault(str(error)) from error
    return dict(json.loads(filled))


def _will_run(condition: str | None) -> bool:
    try:
        return should_run(condition)
    except NodeFault:
        return True


def _known_false(condition: str | None) -> bool:
    try:
        return not should_run(condition)
    except NodeFault:
        return False
