"""The shape of a site's file: which keys there are, and what each may hold."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
SUFFIX = re.compile(r"[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?")
LOGIN = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
KEY_KINDS = r"(sk-)?(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+)(@openssh\.com)?"
PUBLIC_KEY = re.compile(KEY_KINDS + r" [A-Za-z0-9+/]{40,}={0,2}( [^\n]*)?")
SECRET = re.compile(r"secret|password|token|private|access_key|credential|conn_str", re.I)
FOLDER = re.compile(r"(/[A-Za-z0-9._-]+)+")
SYSTEM = ("bin", "boot", "dev", "etc", "lib", "lib64", "proc", "root", "run", "sbin", "sys", "usr")
HOST = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?")

# Says what is wrong with a plain value, or None.
Judge = Callable[[Any], str | None]


@dataclass(frozen=True)
class Plain:
    """One value."""

    judge: Judge
    required: bool = False


@dataclass(frozen=True)
class Many:
    """A list, each item of one shape."""

    item: "Plain | Keys"
    required: bool = False


@dataclass(frozen=True)
class Keys:
    """A mapping with known keys."""

    keys: Mapping[str, "Plain | Many | Keys | Free"] = field(default_factory=dict)
    required: bool = False


@dataclass(frozen=True)
class Free:
    """A mapping of whatever keys to plain values, that another program reads."""

    judge: Callable[[str], str | None]
    required: bool = False


Shape = Plain | Many | Keys | Free


def text(value: Any) -> str | None:
    """Any text that is not empty."""
    return None if isinstance(value, str) and value else f"{value!r} is not text"


def name(value: Any) -> str | None:
    """A name as Kubernetes takes it for a node."""
    if isinstance(value, str) and NAME.fullmatch(value):
        return None
    if isinstance(value, str) and NAME.fullmatch(value.lower()):
        return f"{value!r} has capitals, which Kubernetes refuses in the name of a node"
    return f"{value!r} is no name: small letters, digits and dashes"


def suffix(value: Any) -> str | None:
    """The end of every name that Terraform makes, as its own validation takes it."""
    if isinstance(value, str) and SUFFIX.fullmatch(value):
        return None
    return f"{value!r} is no suffix: 1 to 32 small letters, digits and dashes"


def login(value: Any) -> str | None:
    """A name that Linux takes for a user."""
    if isinstance(value, str) and LOGIN.fullmatch(value):
        return None
    return f"{value!r} is no login: small letters, digits, dashes and underscores, a letter first"


def public_key(value: Any) -> str | None:
    """One line of an authorized_keys file."""
    if isinstance(value, str) and "PRIVATE KEY" in value:
        return "it is a private key, which must never stand here; take the file that ends in .pub"
    if isinstance(value, str) and PUBLIC_KEY.fullmatch(value.strip()):
        return None
    return f"{str(value)[:40]!r} is no public key: the one line of a file that ends in .pub"


def no_secret(key: str) -> str | None:
    """Judge a key of a mapping that another program reads: a site's file lies in Git."""
    if SECRET.search(key):
        return (
            "a secret must not stand in a site's file, which Git keeps; its program reads it "
            "from the environment or from a file of its own"
        )
    return None


def one_of(*choices: str) -> Judge:
    """One of a few words."""

    def judge(value: Any) -> str | None:
        if value in choices:
            return None
        from difflib import get_close_matches

        close = get_close_matches(str(value), choices, n=1)
        hint = f"did you mean {close[0]}?" if close else f"it is one of {', '.join(choices)}"
        return f"{value!r} is not known here; {hint}"

    return judge


def whole(least: int, most: int) -> Judge:
    """A whole number within limits."""

    def judge(value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return f"{value!r} is not a whole number"
        return None if least <= value <= most else f"{value} is not between {least} and {most}"

    return judge


def number(value: Any) -> str | None:
    """A number above zero."""
    fine = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return None if fine else f"{value!r} is not a number above zero"


def flag(value: Any) -> str | None:
    """True or false."""
    return None if isinstance(value, bool) else f"{value!r} is not true or false"


def address(value: Any) -> str | None:
    """One IP address."""
    try:
        ipaddress.ip_address(str(value))
    except ValueError:
        return f"{value!r} is no IP address"
    return None


def host(value: Any) -> str | None:
    """An address or a host name."""
    fine = isinstance(value, str) and HOST.fullmatch(value)
    return None if fine else f"{value!r} is no host name or address"


def cidr(value: Any) -> str | None:
    """A range of addresses, such as 192.168.1.0/24."""
    try:
        ipaddress.ip_network(str(value))
    except ValueError as error:
        return f"{value!r} is no range of addresses ({error})"
    return None


def folder(value: Any) -> str | None:
    """A folder of a node that is nothing of the system's, such as /mnt/data."""
    if not isinstance(value, str) or not FOLDER.fullmatch(value) or ".." in value.split("/"):
        return f"{value!r} is no absolute path of letters, digits, dots, dashes and underscores"
    if value.split("/")[1] in SYSTEM:
        return f"{value!r} belongs to the system; choose one such as /mnt/data or /srv/data"
    return None


def url(value: Any) -> str | None:
    """An address on the web."""
    fine = isinstance(value, str) and re.fullmatch(r"https?://[^\s/]+(/\S*)?", value)
    return None if fine else f"{value!r} is no http:// or https:// address"
