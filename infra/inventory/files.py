"""One source, every file: Ansible's inventory, ssh_config, hosts for testinfra and /etc/hosts."""

import hashlib
import os
import pwd
import shlex
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra.errors import NoHostsError
from infra.sites.site import Site

TEMPLATES = Path(__file__).parent / "templates"

# Kubespray's names of what a site calls roles.
GROUPS = {"kube_control_plane": "control-plane", "etcd": "etcd", "kube_node": "worker"}

# A socket's path may have 100 letters, and a state folder's has more than enough.
CONTROL = "~/.ssh/gourmetops-{key}-%C"


def texts(site: Site, folder: Path) -> dict[str, str]:
    """Return the files of a site, by name, as they are to lie in `folder`.

    Raises:
        NoHostsError: there is nothing to list, and an empty inventory does nothing in silence.
    """
    if not site.nodes:
        raise NoHostsError(site.name)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["shell"] = shlex.quote
    environment.filters["quoted"] = _quoted
    facts = {
        "site": site,
        "groups": GROUPS,
        "ssh_config": str(folder / "ssh_config"),
        "known_hosts": str(folder / "known_hosts"),
        "key": str(Path(site.ssh.key).expanduser()),
        "control": CONTROL.format(key=_key(site, folder)),
    }
    return {
        template.removesuffix(".j2"): environment.get_template(template).render(facts).lstrip("\n")
        for template in sorted(environment.list_templates())
    }


def write(site: Site, folder: Path) -> list[str]:
    """Write the files of a site that differ from what lies there; return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "known_hosts").touch()
    _sockets().mkdir(mode=0o700, parents=True, exist_ok=True)
    changed = []
    for name, text in texts(site, folder).items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            half = file.with_name(f".{name}.new")
            half.write_text(text, encoding="utf-8")
            half.replace(file)
            changed.append(name)
    return changed


def _sockets() -> Path:
    """Return the folder of CONTROL, as OpenSSH finds it: HOME does not count."""
    return Path(pwd.getpwuid(os.getuid()).pw_dir) / ".ssh"


def _key(site: Site, folder: Path) -> str:
    """Tell this site's connections from another's.

    OpenSSH's own %C leaves out the way through the jump host, so that 192.168.1.12 of one site
    would be answered by the open connection to 192.168.1.12 of another.
    """
    way = site.jump.reached_at if site.jump else ""
    return hashlib.sha256(f"{folder.absolute()} {way}".encode()).hexdigest()[:8]


def _quoted(path: str) -> str:
    return f'"{path}"'
