"""Promises that are knowingly not kept: each with an owner, a reason and an end."""

import datetime
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

KEYS = ("check", "owner", "reason", "until")
OPTIONAL = ("site", "nodes")
LONGEST_DAYS = 366


@dataclass(frozen=True)
class Waiver:
    """One of them."""

    check: str
    owner: str
    reason: str
    until: datetime.date
    site: str = ""
    nodes: tuple[str, ...] = ()

    def covers(self, site: str, node: str, check: str) -> bool:
        """Say whether it is about a check of a node."""
        here = self.check == check and self.site in ("", site)
        return here and (not self.nodes or node in self.nodes)

    def __str__(self) -> str:
        return f"{self.reason} ({self.owner}, until {self.until})"


def read(
    file: Path, checks: Collection[str], nodes: Mapping[str, Collection[str]], today: datetime.date
) -> tuple[list[Waiver], list[str]]:
    """Return the waivers that hold, and a sentence for each that does not.

    Args:
        file: The list.
        checks: The names of all checks.
        nodes: The site under audit and the names of its nodes.
        today: An end before this has passed.
    """
    try:
        listed = yaml.safe_load(file.read_text(encoding="utf-8")) or []
    except (OSError, yaml.YAMLError) as error:
        return [], [f"{file.name} cannot be read: {error}"]
    if not isinstance(listed, list):
        return [], [f"{file.name} is no list of waivers"]
    held, wrong = [], []
    for number, given in enumerate(listed, 1):
        where = f"{file.name}, waiver {number}"
        said = list(_wrong(given, checks, nodes, today))
        wrong += [f"{where}: {sentence}" for sentence in said]
        if not said:
            held.append(Waiver(**{**given, "nodes": tuple(given.get("nodes", ()))}))
    return held, wrong


def _wrong(
    given: Any, checks: Collection[str], nodes: Mapping[str, Collection[str]], today: datetime.date
) -> Iterator[str]:
    if not isinstance(given, dict):
        yield "it is no mapping of check, owner, reason and until"
        return
    for key in (*given,):
        if key not in (*KEYS, *OPTIONAL):
            yield f"it has no key {key!r}; there are {', '.join((*KEYS, *OPTIONAL))}"
    for key in KEYS:
        if not given.get(key):
            yield f"it has no {key}"
    name, until = given.get("check"), given.get("until")
    if name and name not in checks:
        close = get_close_matches(str(name), checks, n=1)
        yield f"there is no check {name!r}" + (f"; did you mean {close[0]}?" if close else "")
    if until and not isinstance(until, datetime.date):
        yield f"its end is {until!r}, no date such as 2026-12-31"
    elif until and until < today:
        yield f"{name} was waived until {until}, which has passed; ask {given.get('owner')}"
    elif until and (until - today).days > LONGEST_DAYS:
        yield f"{name} is waived until {until}, and a year is the most"
    known = nodes.get(str(given.get("site", "")), ()) or [
        n for all_ in nodes.values() for n in all_
    ]
    for node in given.get("nodes") or ():
        if given.get("site", "") in ("", *nodes) and node not in known:
            yield f"the site has no node {node!r}"
