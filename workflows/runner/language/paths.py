"""Reading values out of objects: kubectl's JSONPath, gjson, label selectors, jq."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


def jsonpath(obj: Any, template: str) -> str:
    """Print a kubectl JSONPath template such as `{.status.phase}`.

    Raises:
        PathError: it is malformed, or names something that is not there.
    """
    return ""


def gjson(obj: Any, path: str) -> str | None:
    """Give the text of what a gjson path finds; None when it finds nothing."""
    return None


def jq(obj: Any, filter: str) -> str:
    """Run a jq filter and print each result on a line, text without quotes.

    Raises:
        PathError: the filter is malformed or fails.
    """
    return ""


@dataclass(frozen=True)
class Requirement:
    """One condition of a selector: a path, an operator and values."""

    key: str
    operator: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return self.key

    def matches(self, obj: Mapping[str, Any]) -> bool:
        """Tell whether an object meets it."""
        return False


def selector(text: str) -> list[Requirement]:
    """Parse conditions such as `status.phase in (Failed, Error), status.x > 3`.

    Raises:
        PathError: it is malformed.
    """
    return []
