"""Which values a render uses: the chart's defaults, its environment, its site, and --set."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from charts.errors import ChartsError, UnknownNameError

HERE = Path(__file__).parent
ENVIRONMENTS = ("staging", "canary", "production")

Values = dict[str, Any]


def sites() -> tuple[str, ...]:
    """Return the sites that every chart has a values file for."""
    per_chart = [
        {file.stem.removeprefix("values-site-") for file in (HERE / chart).glob("values-site-*")}
        for chart in ("app", "platform")
    ]
    return tuple(sorted(set.intersection(*per_chart)))


def layers(chart: str, site: str, environment: str | None) -> Values:
    """Return what the files of an environment and a site say, merged in that order.

    Raises:
        UnknownNameError: there is no such site or environment.
    """
    if site not in (known := sites()):
        raise UnknownNameError("site", site, known)
    merged: Values = {}
    if environment is not None:
        merge(merged, read(HERE / chart / f"values-{known_environment(environment)}.yaml"))
    merge(merged, read(HERE / chart / f"values-site-{site}.yaml"))
    return merged


def known_environment(name: str) -> str:
    """Return the name of an environment that there is.

    Raises:
        UnknownNameError: there is none of that name.
    """
    if name not in ENVIRONMENTS:
        raise UnknownNameError("environment", name, ENVIRONMENTS)
    return name


def read(file: Path) -> Values:
    """Read a values file; an empty one is no values."""
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise ChartsError(f"There is no values file {file}. Give the path of one.") from None
    except yaml.YAMLError as error:
        raise ChartsError(f"{file} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise ChartsError(f"{file} holds a {type(values).__name__}, not a mapping of values.")
    return values


def merge(into: Values, other: Mapping[str, Any]) -> None:
    """Lay a copy of `other` over `into`: mappings merge, everything else is replaced."""
    for key, value in other.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = deepcopy(value)


def settings(defaults: Mapping[str, Any], pairs: Iterable[str]) -> Values:
    """Read `path=value` pairs of --set against the values that the chart has.

    A value takes the type of what it replaces, so a commit of digits stays text and a
    weight becomes a number. A list is given with commas.

    Raises:
        UnknownNameError: the chart has no such value.
    """
    chosen: Values = {}
    for pair in pairs:
        path, sign, text = pair.partition("=")
        if not sign:
            raise ChartsError(f"--set {pair}: write it as path=value, such as replicas=2.")
        keys = path.split(".")
        nested: Values = {keys[-1]: _typed(path, text, _lookup(defaults, keys))}
        for key in reversed(keys[:-1]):
            nested = {key: nested}
        merge(chosen, nested)
    return chosen


def _lookup(defaults: Mapping[str, Any], keys: list[str]) -> Any:
    found: Any = defaults
    for position, key in enumerate(keys):
        open_ended = isinstance(found, Mapping) and not found
        if open_ended:
            return ""
        if not isinstance(found, Mapping):
            above, path = ".".join(keys[:position]), ".".join(keys)
            raise ChartsError(f"--set {path}: {above} is one value, with nothing inside.")
        if key not in found:
            known = [".".join([*keys[:position], str(name)]) for name in found]
            raise UnknownNameError("value", ".".join(keys[: position + 1]), known)
        found = found[key]
    return found


def _typed(path: str, text: str, default: Any) -> Any:
    if isinstance(default, bool):
        if text not in ("true", "false"):
            raise ChartsError(f"--set {path}={text}: it is true or false.")
        return text == "true"
    if isinstance(default, int):
        if not text.lstrip("-").isascii() or not text.lstrip("-").isdigit():
            raise ChartsError(f"--set {path}={text}: it is a whole number, such as {default}.")
        return int(text)
    if isinstance(default, list):
        return [part for part in text.split(",") if part]
    if isinstance(default, Mapping):
        inside = ", ".join(f"{path}.{key}" for key in default)
        raise ChartsError(f"--set {path}={text}: it is a mapping; set one of {inside}.")
    return text
