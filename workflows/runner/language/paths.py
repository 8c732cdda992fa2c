"""Reading values out of objects: kubectl's JSONPath, gjson, label selectors, jq."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflows.runner.language.errors import PathError
from workflows.runner.language.go import gotext
from workflows.runner.language.pathlang import gjsonpath, kubepath, kubewalk, selectors


def jsonpath(obj: Any, template: str) -> str:
    """Print a kubectl JSONPath template such as `{.status.phase}`.

    A field that is not there prints nothing.

    Raises:
        PathError: the template is malformed or does not fit the object.
    """
    try:
        found = kubewalk.Walk().run(kubepath.parse(template), obj)
        return "".join(kubewalk.printed(results) for results in found)
    except RecursionError as error:
        raise PathError(f"{template!r} is nested too deeply") from error


def gjson(obj: Any, path: str) -> str | None:
    """Give the text of what a gjson path finds; None when it finds nothing."""
    return gjsonpath.text(obj, path)


def jq(obj: Any, filter: str) -> str:
    """Run a jq filter and print each result on a line, text without quotes.

    Raises:
        PathError: the filter is malformed or fails.
    """
    import jq as program

    try:
        results = program.compile(filter).input_text(gotext.format_json(obj)).all()
    except (ValueError, StopIteration) as error:
        raise PathError(f"jq: {error}") from error
    lines = (one if isinstance(one, str) else gotext.format_json(one) for one in results)
    return "\n".join(lines).strip()


@dataclass(frozen=True)
class Requirement:
    """One condition of a selector, about what a gjson path finds."""

    condition: selectors.Condition

    def __str__(self) -> str:
        return str(self.condition)

    def matches(self, obj: Mapping[str, Any]) -> bool:
        """Tell whether an object meets it."""
        return self.condition.holds(gjson(obj, self.condition.key))


def selector(text: str) -> list[Requirement]:
    """Parse conditions such as `status.phase in (Failed, Error), status.x > 3`.

    Raises:
        PathError: it is malformed.
    """
    return [Requirement(condition) for condition in selectors.parse(text)]
