"""Who comes in, and what they may: SSH, users and sudo."""

from collections.abc import Iterator
from functools import partial

from tests.nodes.audit.check import PREPARE, Check
from tests.nodes.audit.facts import Node

FIRST_PERSON, NOBODY = 1000, 65534
NO_PASSWORD = ("!", "*")
SSHD = "/usr/sbin/sshd -T 2>/dev/null"
GRANTS = "cat /etc/sudoers /etc/sudoers.d/* 2>/dev/null"


def _sshd(node: Node) -> dict[str, str]:
    lines = node.ask(SSHD).splitlines()
    return dict(line.split(" ", 1) for line in lines if " " in line)


def _ssh(key: str, node: Node) -> Iterator[str]:
    good = list(node.promise["ssh"][key])
    if key == "permitrootlogin" and node.facts.user == "root":
        good += ["without-password", "prohibit-password"]
    have = _sshd(node).get(key, "not told")
    if have not in good:
        yield f"sshd has {key} {have}, and {good[0]} is promised"


def ssh_limits(node: Node) -> Iterator[str]:
    """Who guesses has few tries and little time."""
    have = _sshd(node)
    for key, most in node.promise["ssh_most"].items():
        value = int(have.get(key, "0"))
        if not 0 < value <= most:
            yield f"sshd has {key} {value}, and {most} is the most"


def host_keys(node: Node) -> Iterator[str]:
    """The node's own keys are root's."""
    found = node.stat("/etc/ssh/ssh_host_*_key")
    if not found:
        yield "it has no host key"
    for entry in found:
        yield from entry.looser_than(0o600)


def authorized_keys(node: Node) -> Iterator[str]:
    """Nobody can put a key into another's list."""
    for line in _people(node):
        name, _password, _uid, _gid, _about, home, _shell = line
        for entry in node.stat(f"{home}/.ssh", f"{home}/.ssh/authorized_keys"):
            most = 0o755 if entry.kind == "directory" else 0o644
            yield from entry.looser_than(most, (name, "root"))


def _accounts(node: Node) -> list[list[str]]:
    return [line.split(":") for line in node.ask("cat /etc/passwd").splitlines()]


def _people(node: Node) -> list[list[str]]:
    return [
        line
        for line in _accounts(node)
        if FIRST_PERSON <= int(line[2]) < NOBODY and not line[6].endswith(("nologin", "false"))
    ]


def declared(node: Node) -> Iterator[str]:
    """Everybody who was declared is there."""
    there = {line[0] for line in _accounts(node)}
    for user in node.facts.users:
        if user["name"] not in there:
            yield f"{user['name']} has no account"


def undeclared(node: Node) -> Iterator[str]:
    """Nobody else may log in."""
    names = {user["name"] for user in node.facts.users} | {node.facts.user}
    if strange := [line[0] for line in _people(node) if line[0] not in names]:
        yield f"{', '.join(strange)} may log in, and the site's file knows them not"


def one_root(node: Node) -> Iterator[str]:
    """Root is one."""
    if others := [line[0] for line in _accounts(node) if line[2] == "0" and line[0] != "root"]:
        yield f"{', '.join(others)} is root by another name"


def passwords(node: Node) -> Iterator[str]:
    """Nobody has a password that could be guessed, or none at all."""
    for line in node.ask("cat /etc/shadow").splitlines():
        name, password = line.split(":")[:2]
        if password == "":
            yield f"{name} logs in without a password"
        elif not password.startswith(NO_PASSWORD):
            yield f"{name} has a password"


def sudo(node: Node) -> Iterator[str]:
    """Only who was declared becomes root."""
    allowed = {u["name"] for u in node.facts.users if u.get("sudo")} | {node.facts.user, "root"}
    for line in node.ask(GRANTS).splitlines():
        words = line.split()
        if len(words) < 2 or words[0].startswith(("#", "@", "Defaults")) or "=" not in line:
            continue
        if not words[0].startswith("%") and words[0] not in allowed:
            yield f"sudo lets {words[0]} in"
    for group in ("sudo", "admin", "wheel"):
        members = set(_members(node, group)) - allowed
        if members:
            yield f"{', '.join(sorted(members))} is in the group {group}"


def rootlike(node: Node) -> Iterator[str]:
    """Nobody is root by way of a group."""
    for group in node.promise["rootlike"]:
        if members := _members(node, group):
            yield f"{', '.join(members)} is in the group {group}, which is root in all but name"


def _members(node: Node, group: str) -> list[str]:
    for line in node.ask("cat /etc/group").splitlines():
        name, _password, _gid, members = line.split(":")
        if name == group:
            return [member for member in members.split(",") if member]
    return []


SSH = {
    "ssh-passwords": ("passwordauthentication", "nobody logs in with a password"),
    "ssh-questions": ("kbdinteractiveauthentication", "nobody is asked for a password otherwise"),
    "ssh-empty-passwords": ("permitemptypasswords", "nobody logs in with no password"),
    "ssh-root": ("permitrootlogin", "nobody logs in as root"),
    "ssh-x11": ("x11forwarding", "no screen is forwarded"),
    "ssh-agent": ("allowagentforwarding", "nobody's agent can be used on a node"),
}
CHECKS = (
    *(Check(name, promise, partial(_ssh, key), PREPARE) for name, (key, promise) in SSH.items()),
    Check("ssh-limits", "who guesses has few tries", ssh_limits, PREPARE),
    Check("ssh-host-keys", "a node's keys are root's", host_keys, "chmod 600 them"),
    Check("authorized-keys", "nobody lets others in", authorized_keys, "chmod go-w, chown them"),
    Check("users", "everybody who was declared is there", declared, PREPARE),
    Check("strangers", "nobody else may log in", undeclared, "declare them, or userdel them"),
    Check("one-root", "root is one", one_root, "userdel them"),
    Check("no-passwords", "nobody has a password", passwords, "passwd --lock them"),
    Check("sudo", "who was declared becomes root", sudo, PREPARE),
    Check("rootlike-groups", "nobody is root by a group", rootlike, "gpasswd --delete them"),
)
