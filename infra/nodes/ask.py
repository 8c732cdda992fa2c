"""Ask every node of a site at once, each in one round trip over SSH."""

import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from fabric import Config, Connection

from infra.nodes import round_trip
from infra.nodes.checks import Check
from infra.nodes.host_keys import Pins, UnknownKeyError
from infra.sites.site import Node, Site

ANSWER_SECONDS = 30
AT_ONCE = 128

TOO_MANY_KEYS = (
    "it refused the keys that were offered, and hung up before the last: "
    "name the right one as ssh.key"
)
NO_KEY = "there is no key to offer: name one as ssh.key, or add one to the SSH agent"


@dataclass(frozen=True)
class Reply:
    """What a node answered, between two moments of the operator's clock."""

    answers: round_trip.Answers
    asked: float
    answered: float


@dataclass(frozen=True)
class Silence:
    """Why a node could not be asked, and what to do about that."""

    reason: str
    remedy: str = "Look at its console, its address and the key; then ask again."


def every_node(
    site: Site, checks: Mapping[str, Sequence[Check]], known_hosts: Path
) -> dict[str, Reply | Silence]:
    """Ask each node its checks; a node that does not answer costs the others nothing."""
    # Paramiko prints a traceback for each node that is away; we say it in words.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    pins = Pins(known_hosts, pin_new=site.ssh.host_keys == "first-contact")
    try:
        key = _key(site.ssh.key) if site.ssh.key else None
    except KeyFileError as error:
        silence = Silence(str(error), "Put your key there, or name another file.")
        return dict.fromkeys((node.name for node in site.nodes), silence)
    with _Way(site, pins, key) as way, ThreadPoolExecutor(AT_ONCE) as pool:
        replies = pool.map(lambda node: _ask(way, node, checks[node.name]), site.nodes)
        return dict(zip((node.name for node in site.nodes), replies, strict=True))


class KeyFileError(Exception):
    """The file that a site names as its key is none that can be used."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} {why} (ssh.key of the site)")


def _key(name: str) -> paramiko.PKey | None:
    """Load a site's key, or None if it has a passphrase, so that only an agent can offer it.

    Given the file's name, Paramiko would try it as each kind of key there is, and tell only
    what came of the last.
    """
    path = Path(name).expanduser()
    try:
        return paramiko.PKey.from_path(path)
    except TypeError:  # what the library says of a passphrase that was not given
        return None
    except FileNotFoundError:
        raise KeyFileError(path, "is not there") from None
    except OSError as error:
        raise KeyFileError(path, f"cannot be read: {error.strerror}") from error
    except (ValueError, UnsupportedAlgorithm, paramiko.UnknownKeyType) as error:
        raise KeyFileError(path, "is no private key that can be used here") from error


class _Way:
    """How nodes are reached: directly, or all through the one that is the jump host."""

    def __init__(self, site: Site, pins: Pins, key: paramiko.PKey | None) -> None:
        self.site = site
        self.pins = pins
        self.key = key
        self.config = Config(overrides={"load_ssh_configs": False})
        self.jump: Connection | None = None
        self.jump_silent: Silence | None = None

    def __enter__(self) -> "_Way":
        if (node := self.site.jump) and len(self.site.nodes) > 1:
            self.jump = self._connection(node, None)
            try:
                self.jump.open()
            except OPENING as error:
                self.jump_silent = Silence(self.reason(error, self.jump))
        return self

    def __exit__(self, *_exc: object) -> None:
        if self.jump:
            self.jump.close()

    def to(self, node: Node) -> Connection:
        """Return a connection to a node, not opened but for the jump host's."""
        if self.jump and node.jump:
            return self.jump
        return self._connection(node, self.jump)

    def _connection(self, node: Node, gateway: Connection | None) -> Connection:
        ssh = self.site.ssh
        port = self.site.port_of(node)
        # The handshake as a whole has connect_seconds; its first line never ends it by itself.
        options: dict[str, object] = {"banner_timeout": 2 * ssh.connect_seconds}
        options["auth_timeout"] = ssh.connect_seconds
        if ssh.key:
            options |= {"pkey": self.key, "look_for_keys": False}
        connection = Connection(
            node.reached_at,
            user=ssh.user,
            port=port,
            config=self.config,
            gateway=gateway,
            connect_timeout=ssh.connect_seconds,
            connect_kwargs=options,
        )
        self.pins.guard(connection.client, node.reached_at, port)
        return connection

    def reason(self, error: BaseException, connection: Connection) -> str:
        """Say in words why a connection did not come about."""
        said = str(error).strip()
        locked = "" if self.key else self.site.ssh.key  # it has a passphrase
        if isinstance(error, paramiko.BadHostKeyException):
            return str(self.pins.changed(error))
        if isinstance(error, paramiko.AuthenticationException):
            if "timeout" in said:
                return "it did not say in time whether it takes the key"
            refused = "it refused every key that was offered"
            return f"{refused}; {locked} is one only if an agent has it" if locked else refused
        if isinstance(error, TimeoutError):
            return "it did not answer in time"
        if isinstance(
            error, ConnectionRefusedError | paramiko.ssh_exception.NoValidConnectionsError
        ):
            return "nothing listens on its SSH port"
        if "banner" in said or "protocol version" in said:
            return "something listens on its SSH port, and it is no SSH server that answers"
        if "No existing session" in said:
            if connection.client.get_transport().is_active():
                return "it did not answer in time"
            return TOO_MANY_KEYS
        if "No authentication methods" in said:
            if locked:
                return f"{locked} has a passphrase, and no agent has it: ssh-add {locked}"
            return NO_KEY
        return said or type(error).__name__


OPENING = (paramiko.SSHException, UnknownKeyError, OSError, EOFError)


def _ask(way: _Way, node: Node, checks: Sequence[Check]) -> Reply | Silence:
    if way.jump_silent:
        return _behind(way.jump_silent, node, way.site.jump)
    connection = way.to(node)
    try:
        connection.open()
        asked = time.time()
        text = _run(connection, round_trip.script(checks))
        return Reply(round_trip.read(text, checks), asked, time.time())
    except round_trip.GarbledError as error:
        return Silence(str(error))
    except OPENING as error:
        return Silence(way.reason(error, connection))
    finally:
        if connection is not way.jump:
            connection.close()


def _run(connection: Connection, command: str) -> str:
    """Run a command and return what it printed.

    Fabric's own `run` watches each command with three threads of its own, which 64 hosts at
    once would feel; a channel that is read to its end needs none.
    """
    with connection.create_session() as channel:
        channel.settimeout(ANSWER_SECONDS)
        channel.exec_command(command)
        printed: bytes = channel.makefile("rb").read()
        return printed.decode(errors="replace")


def _behind(silent: Silence, node: Node, jump: Node | None) -> Silence:
    if jump is None or node.jump:
        return silent
    return Silence(f"{jump.name}, which leads to it, does not answer")
