"""An inventory and its variables as Ansible reads them, each with the line where it stands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from infra.kubespray.faults import Fault

FORMS = (".yml", ".yaml")


@dataclass(frozen=True)
class Value:
    """What a variable is set to, and where."""

    value: Any
    where: str


@dataclass
class Host:
    """One machine of the inventory."""

    name: str
    where: str
    variables: dict[str, Value] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """Return a variable of this host, or None."""
        found = self.variables.get(name)
        return found.value if found else None


@dataclass
class Group:
    """A group with its own hosts and its child groups."""

    name: str
    where: str
    hosts: dict[str, str] = field(default_factory=dict)
    children: dict[str, str] = field(default_factory=dict)


@dataclass
class Declared:
    """All that was declared.

    Attributes:
        file: The inventory.
        variables: What holds for the whole cluster; the last one set counts.
        faults: What was wrong with the files themselves.
    """

    file: str
    hosts: dict[str, Host] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    variables: dict[str, Value] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def members(self, name: str, _seen: frozenset[str] = frozenset()) -> list[str]:
        """Return the hosts of a group and of its children, in their order."""
        group = self.groups.get(name)
        if group is None or name in _seen:
            return []
        found = dict.fromkeys(group.hosts)
        for child in group.children:
            found.update(dict.fromkeys(self.members(child, _seen | {name})))
        return list(found)

    def where(self, name: str) -> str:
        """Say where a variable is set, or else where the inventory lies."""
        return self.variables[name].where if name in self.variables else self.file


def read(inventory: Path, folders: Sequence[Path]) -> Declared:
    """Read an inventory and folders of group_vars; what is broken becomes a fault."""
    found = Declared(str(inventory))
    root = _Reader(inventory, found).mapping()
    for name, line, node in root:
        if name == "all":
            _Reader(inventory, found).group(name, line, node)
        else:
            found.faults.append(
                Fault(
                    f"{inventory}:{line}",
                    f"{name!r} stands beside `all`, and this inventory has one root",
                    "Move it below all.children",
                )
            )
    for folder in folders:
        for file in sorted(folder.glob("*")):
            if file.suffix in FORMS:
                reader = _Reader(file, found)
                _set(found, reader, reader.mapping())
    return found


def _set(found: Declared, reader: "_Reader", pairs: Iterator[tuple[str, int, yaml.Node]]) -> None:
    for name, line, node in pairs:
        here = Value(reader.plain(node), f"{reader.file}:{line}")
        before = found.variables.get(name)
        if before is not None and before.value != here.value:
            found.faults.append(
                Fault(
                    here.where,
                    f"{name} is set to {here.value!r}, and to {before.value!r} in {before.where}",
                    "Only one of them counts: keep that one",
                )
            )
        found.variables[name] = here


class _Reader:
    """One YAML file; faults go where all are collected."""

    def __init__(self, file: Path, found: Declared) -> None:
        self.file = file
        self._found = found

    def mapping(self) -> Iterator[tuple[str, int, yaml.Node]]:
        """Yield the keys of the file's top."""
        try:
            root = yaml.compose(self.file.read_text(encoding="utf-8"), yaml.SafeLoader)
        except FileNotFoundError:
            self._fault(0, "there is no such file", "Run the stage inventory, which writes it")
            return
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self._fault(line, f"not YAML: {error.problem}", "Mend that line")
            return
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            self._fault(1, f"not YAML: {error}", "Write it anew as UTF-8 text")
            return
        if root is None:
            if self._found.file == str(self.file):
                self._fault(1, "it is empty", "List the hosts below all.hosts")
            return
        yield from self.pairs(root)

    def group(self, name: str, line: int, node: yaml.Node) -> None:
        """Read a group, its hosts and its children."""
        group = self._found.groups.setdefault(name, Group(name, self._at(line)))
        for key, at, inner in self.pairs(node):
            if key == "hosts":
                for host, place, variables in self.pairs(inner):
                    group.hosts[host] = self._at(place)
                    self._host(host, place, variables)
            elif key == "children":
                for child, place, below in self.pairs(inner):
                    group.children[child] = self._at(place)
                    self.group(child, place, below)
            elif key == "vars":
                _set(self._found, self, self.pairs(inner))
            else:
                self._fault(
                    at,
                    f"group {name} has a key {key!r}, and Ansible reads hosts, children and vars",
                    "Ansible would pass over it without a word: take it out",
                )

    def _host(self, name: str, line: int, node: yaml.Node) -> None:
        host = self._found.hosts.setdefault(name, Host(name, self._at(line)))
        for key, at, inner in self.pairs(node):
            host.variables[key] = Value(self.plain(inner), self._at(at))

    def pairs(self, node: yaml.Node) -> Iterator[tuple[str, int, yaml.Node]]:
        """Yield the keys of a mapping, each once, with their lines."""
        if isinstance(node, yaml.ScalarNode) and node.value in ("", "null", "~"):
            return
        if not isinstance(node, yaml.MappingNode):
            line = node.start_mark.line + 1
            self._fault(line, "it is no mapping of names", "Write `name:` for each, as YAML does")
            return
        seen: dict[str, int] = {}
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in seen:
                self._fault(
                    line,
                    f"{name} stands on line {seen[name]} already, and only the last one counts",
                    "Take one of them out",
                )
            seen[name] = line
            yield name, line, value

    def plain(self, node: yaml.Node) -> Any:
        """Return the value of a node."""
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_object(node, deep=True)
        except yaml.MarkedYAMLError as error:
            # Ansible's own tags, such as !vault, are its business.
            return f"{{{{ {error.problem} }}}}"
        finally:
            loader.dispose()

    def _at(self, line: int) -> str:
        return f"{self.file}:{line}"

    def _fault(self, line: int, what: str, todo: str) -> None:
        where = self._at(line) if line else str(self.file)
        self._found.faults.append(Fault(where, what, todo))
