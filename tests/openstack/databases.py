"""MariaDB and RabbitMQ of Debian in a folder of their own, and OpenStack's tables in them."""

import getpass
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from services.environments import cache
from tests.openstack.layout import DATABASES, HOST, PASSWORD, REGION, Layout
from tests.openstack.parts import WITH_US, Parts

QUEUE = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
NODE = "gourmetops@localhost"


def missing() -> list[str]:
    """Name the Debian packages that are not here."""
    programs = {
        "mariadb-server": shutil.which("mariadbd"),
        "mariadb-client": shutil.which("mariadb-dump"),
        "rabbitmq-server": QUEUE.exists() and shutil.which("epmd"),
        "util-linux": shutil.which("setpriv"),
    }
    return [package for package, there in programs.items() if not there]


def start(at: Layout, parts: Parts) -> None:
    """Start both, and wait for MariaDB alone: RabbitMQ takes longer, and is needed later."""
    _start_rabbit(at, parts)
    _start_mariadb(at, parts)
    parts.wait_for({"mariadb": at.ports["mariadb"]})


def _start_mariadb(at: Layout, parts: Parts) -> None:
    data, user = at.home / "mysql", getpass.getuser()
    install = ["mariadb-install-db", "--no-defaults", f"--user={user}", f"--datadir={data}"]
    install += ["--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run(install, check=True, capture_output=True)
    server = ["mariadbd", "--no-defaults", f"--user={user}", f"--datadir={data}"]
    server += [f"--socket={at.home}/mysql.sock", f"--pid-file={at.home}/mysql.pid"]
    server += [f"--port={at.ports['mariadb']}", f"--bind-address={HOST}", "--skip-grant-tables"]
    server += ["--skip-networking=0", "--innodb-flush-method=nosync", "--skip-log-bin"]
    server += ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=128M"]
    server += ["--max-connections=500", "--performance-schema=0"]
    # Else Placement, asked for two reservations at once, locks a range of rows against itself.
    server += ["--transaction-isolation=READ-COMMITTED"]
    parts.start("mariadb", server, os.environ)


def _start_rabbit(at: Layout, parts: Parts) -> None:
    folder = at.home / "rabbit"
    folder.mkdir()
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.default = {HOST}:{at.ports['rabbit']}\n")
    (folder / "plugins").write_text("[].\n")
    # Its script waits for Erlang, and Erlang must end when the script is killed.
    erlang = folder / "bin" / "erl"
    erlang.parent.mkdir()
    erlang.write_text(f'#!/bin/sh\nexec {" ".join(WITH_US)} {shutil.which("erl")} "$@"\n')
    erlang.chmod(0o700)
    env = {
        "PATH": f"{erlang.parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "RABBITMQ_NODENAME": NODE,
        "RABBITMQ_DIST_PORT": str(at.ports["distribution"]),
        "ERL_EPMD_PORT": str(at.ports["epmd"]),
        "ERL_EPMD_ADDRESS": HOST,
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none"
        " -kernel inet_dist_use_interface {127,0,0,1}",
    }
    epmd = ["epmd", "-port", str(at.ports["epmd"]), "-address", HOST]
    parts.start("epmd", epmd, env)
    parts.wait_for({"epmd": at.ports["epmd"]})
    parts.start("rabbit", [str(QUEUE)], env)


def fill(at: Layout, seed: Callable[[], None]) -> None:
    """Make every table, or take them from the dump that an earlier run kept.

    Args:
        at: Where everything lies.
        seed: Puts the users and the catalog in; what it makes is kept with the tables.
    """
    kept = cache() / "openstack" / f"{_key(at)}.sql"
    if kept.exists():
        _sql(at, _moved(kept.read_text(encoding="utf-8"), at.ports))
        return
    creates = (f"create database {name} character set utf8mb3;" for name in DATABASES)
    _sql(at, "".join(creates))

    def users(at: Layout) -> None:
        _keystone(at)
        seed()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda make: make(at), (users, _nova, _others)))
    dump = ["mariadb-dump", "--no-defaults", *client(at), "--databases", *DATABASES]
    text = subprocess.run(dump, check=True, capture_output=True, text=True).stdout
    ports = " ".join(f"{name}={port}" for name, port in at.ports.items())
    kept.parent.mkdir(parents=True, exist_ok=True)
    new = kept.with_name(f"{kept.name}.{os.getpid()}")
    new.write_text(f"-- {ports}\n{text}", encoding="utf-8")
    new.replace(kept)


def _moved(dump: str, ports: Mapping[str, int]) -> str:
    first, _, text = dump.partition("\n")
    old = dict(word.split("=") for word in first.removeprefix("-- ").split())
    for name, port in old.items():
        text = text.replace(f"{HOST}:{port}", f"{{{name}}}")
    for name in old:
        text = text.replace(f"{{{name}}}", f"{HOST}:{ports[name]}")
    return text


def _key(at: Layout) -> str:
    here = Path(__file__).parent
    files = [*(here / f"{name}.py" for name in ("configuration", "databases", "seed", "layout"))]
    said = b"".join(file.read_bytes() for file in files)
    said += at.packages.resolve().name.encode() + sys.version.encode()
    return hashlib.sha256(said).hexdigest()[:16]


def client(at: Layout) -> list[str]:
    """Return the options with which MariaDB's programs reach it."""
    return [f"-h{HOST}", f"-P{at.ports['mariadb']}", "-uroot"]


def _sql(at: Layout, text: str) -> None:
    subprocess.run(["mariadb", "--no-defaults", *client(at)], input=text, text=True, check=True)


def _keystone(at: Layout) -> None:
    _manage(at, "keystone", "db_sync")
    urls = [part for kind in ("public", "internal", "admin") for part in (
        f"--bootstrap-{kind}-url", at.identity)]  # fmt: skip
    _manage(
        at, "keystone", "bootstrap", "--bootstrap-password", PASSWORD, *urls,
        "--bootstrap-region-id", REGION,
    )  # fmt: skip


def _nova(at: Layout) -> None:
    _manage(at, "nova", "api_db", "sync")
    _manage(at, "nova", "cell_v2", "map_cell0")
    _manage(at, "nova", "db", "sync")
    _manage(at, "nova", "cell_v2", "create_cell", "--name", "cell1")


def _others(at: Layout) -> None:
    _manage(at, "placement", "db", "sync")
    _manage(at, "glance", "db_sync", conf="glance-api.conf")
    _manage(at, "neutron", "upgrade", "head", program="neutron-db-manage")
    _manage(at, "blazar", "upgrade", "head", program="blazar-db-manage")
    _manage(at, "cinder", "db", "sync")


def _manage(at: Layout, service: str, *words: str, program: str = "", conf: str = "") -> None:
    file = at.etc / service / (conf or f"{service}.conf")
    argv = [*at.program(program or f"{service}-manage"), "--config-file", str(file), *words]
    done = subprocess.run(argv, env=environment(at), capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(argv)}:\n{(done.stdout + done.stderr)[-2000:]}")


def environment(at: Layout) -> dict[str, str]:
    """What OpenStack's programs find their files by; nothing of the tests' own."""
    return {
        "PATH": f"{at.packages}/bin:{os.environ['PATH']}",
        "HOME": str(at.home),
        "PYTHONPATH": str(at.home / "plugins"),
        "PYTHONWARNINGS": "ignore",
        "OS_KEYSTONE_CONFIG_FILES": str(at.etc / "keystone/keystone.conf"),
        "OS_PLACEMENT_CONFIG_DIR": str(at.etc / "placement"),
        "OS_NEUTRON_CONFIG_DIR": str(at.etc / "neutron"),
        "OS_NEUTRON_CONFIG_FILES": "neutron.conf",
        "OS_NOVA_CONFIG_DIR": str(at.etc / "nova"),
        "OS_NOVA_CONFIG_FILES": f"{at.packages}/etc/nova/api-paste.ini;nova.conf",
        "OS_GLANCE_CONFIG_DIR": str(at.etc / "glance"),
        "OS_GLANCE_CONFIG_FILES": "glance-api.conf",
        "OS_BLAZAR_CONFIG_DIR": str(at.etc / "blazar"),
    }
