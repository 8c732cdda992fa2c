"""A real OpenStack on loopback: Keystone, Nova, Neutron, Cinder, Glance, Placement and Blazar.

Not real: the hypervisor (nova's own fake) and the data plane, so no guest boots. Quotas,
conflicts, scheduling, leases and drift are.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services import environments
from tests.openstack import configuration, databases, seed
from tests.openstack.layout import COMPUTE, PASSWORD, REGION, Layout, held_ports
from tests.openstack.parts import Parts

HERE = Path(__file__).parent
APPLICATIONS = {
    "placement": ("placement.wsgi.api", ""),
    "glance": ("glance.wsgi.api", ""),
    "neutron": ("neutron.wsgi.api", "neutron/neutron.conf"),
    "cinder": ("cinder.wsgi.api", "cinder/cinder.conf"),
}
LATER = {"nova": ("nova.wsgi.osapi_compute", "nova/nova.conf"), "blazar": ("blazar.wsgi.api", "")}


@dataclass(frozen=True)
class Cloud:
    """A running OpenStack."""

    at: Layout
    parts: Parts

    def admin(self) -> seed.Caller:
        """Return a caller that may do everything."""
        return seed.Caller(self.at)

    def member(self) -> seed.Caller:
        """Return a caller with the rights of a plain member of the project."""
        return seed.Caller(self.at, seed.USER, seed.PROJECT)

    def password_entry(self) -> dict[str, Any]:
        """Return the entry of clouds.yaml that logs in with a password."""
        auth = {
            "auth_url": self.at.identity,
            "username": seed.USER,
            "password": PASSWORD,
            "project_name": seed.PROJECT,
            "user_domain_id": "default",
            "project_domain_id": "default",
        }
        return {"auth": auth, "region_name": REGION, "identity_api_version": 3}

    def credential_entry(self, name: str, **facts: object) -> dict[str, Any]:
        """Make an application credential and return the entry that logs in with it."""
        member = self.member()
        users = self.admin().ask("GET", "keystone", f"/v3/users?name={seed.USER}")["users"]
        made = member.ask(
            "POST",
            "keystone",
            f"/v3/users/{users[0]['id']}/application_credentials",
            {"application_credential": {"name": name, **facts}},
        )["application_credential"]
        auth = {
            "auth_url": self.at.identity,
            "application_credential_id": made["id"],
            "application_credential_secret": made["secret"],
        }
        kind = "v3applicationcredential"
        return {
            "auth": auth,
            "auth_type": kind,
            "region_name": REGION,
            "identity_api_version": 3,
        }


@contextmanager
def running(public: str = "203.0.113.0/24") -> Iterator[Cloud]:
    """Start a cloud of one's own; it ends, folder and all, with the block."""
    installed = environments.ensure(HERE / "requirements.txt", compiled=False)
    home = Path(tempfile.mkdtemp(prefix="gourmetops-openstack-"))
    packages = home / "packages"
    packages.symlink_to(installed)
    parts = Parts(home / "log")
    with held_ports() as ports:
        at = Layout(home, packages, ports)
        try:
            configuration.write(at)
            databases.start(at, parts)
            databases.fill(at, lambda: _seed(at, parts))
            _serve(at, parts)
            seed.resources(at, public)
            yield Cloud(at, parts)
        finally:
            parts.stop()
            shutil.rmtree(home)


def _seed(at: Layout, parts: Parts) -> None:
    _serve_keystone(at, parts)
    seed.identities(at)
    parts.stop("keystone")  # it would end with the thread that fills the tables


def _serve_keystone(at: Layout, parts: Parts) -> None:
    _listen(at, parts, "keystone", "keystone.wsgi.api", "")
    parts.wait_for({"keystone": at.ports["keystone"]})


def _serve(at: Layout, parts: Parts) -> None:
    _serve_keystone(at, parts)
    parts.wait_for({"rabbit": at.ports["rabbit"]})
    for name, (module, file) in APPLICATIONS.items():
        _listen(at, parts, name, module, file)
    # Conductor, scheduler and compute end for good when Placement does not answer at their start.
    parts.wait_for({"placement": at.ports["placement"]})
    for name, (module, file) in LATER.items():
        _listen(at, parts, name, module, file)
    for name in ("nova-conductor", "nova-scheduler", "cinder-scheduler", "cinder-volume",
                 "blazar-manager"):  # fmt: skip
        service = name.partition("-")[0]
        _run(at, parts, name, name, at.etc / service / f"{service}.conf")
    for host in COMPUTE:
        nova = at.etc / "nova"
        files = [f"--config-file={nova / name}" for name in ("nova.conf", f"{host}.conf")]
        argv = [str(at.python), str(HERE / "compute.py"), *files]
        env = {**databases.environment(at), "CONSOLES": str(at.consoles)}
        parts.start(host, argv, {**env, "SERVERS": str(at.servers)})
    parts.wait_for({name: at.ports[name] for name in (*APPLICATIONS, *LATER)})


def _listen(at: Layout, parts: Parts, name: str, module: str, file: str) -> None:
    argv = [str(at.python), str(HERE / "serve.py"), module, str(at.ports[name])]
    argv += [str(at.etc / file)] if file else []
    parts.start(name, argv, databases.environment(at))


def _run(at: Layout, parts: Parts, name: str, program: str, *files: Path) -> None:
    named = [word for file in files for word in ("--config-file", str(file))]
    parts.start(name, [*at.program(program), *named], databases.environment(at))
