"""What can be known before any cloud is asked: programs, clouds.yaml, variables, the SSH key."""

import os
import stat
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.provision.cloud import clouds
from infra.provision.preflight import programs
from infra.provision.preflight.findings import Finding, nearest
from infra.provision.preflight.programs import said
from infra.provision.setting import Setting


def look(setting: Setting, environ: Mapping[str, str]) -> list[Finding]:
    """Return everything that is wrong on this machine."""
    found = [*programs.look(setting, environ), *_cluster(setting)]
    if setting.site.kind != "openstack":
        return [*found, *_key(setting, environ)]
    found += of_clouds(setting)
    if left := clouds.overriding(environ):
        sentence = f"{', '.join(left)} would override clouds.yaml, so no stage is given them"
        found.append(Finding("variables", sentence, bad=False))
    return [*found, *_key(setting, environ)]


def _cluster(setting: Setting) -> Iterator[Finding]:
    """Yield what Kubespray would refuse after the machines are made."""
    if setting.site.kind == "server" or not setting.goes_through("kubespray"):
        return
    from infra.provision import kubespray

    for fault in kubespray.look_ahead(setting.site):
        yield Finding("kubespray", str(fault))


def of_clouds(setting: Setting) -> Iterator[Finding]:
    """Yield what is wrong with clouds.yaml and with the entries that the site names."""
    found = setting.clouds
    if found is None:
        yield Finding(
            "clouds.yaml",
            "there is none here, in ~/.config/openstack or in /etc/openstack. Make an application "
            "credential in Horizon (Identity ► Application Credentials) and save its clouds.yaml",
        )
        return
    file = found.file
    if found.broken:
        yield Finding("clouds.yaml", f"{file}: {found.broken}")
        return
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        yield Finding("clouds.yaml", f"others can read {file}: chmod 600 {file}")
    if _tracked(file):
        yield Finding(
            "clouds.yaml",
            f"Git tracks {file}, so its secret is in the history: git rm --cached {file.name}, "
            "then delete the credential in Horizon and make a new one",
        )
    yield from _entries(setting, found)


def _entries(setting: Setting, found: clouds.Clouds) -> Iterator[Finding]:
    seen = set()
    for key, name, leases in _named(setting):
        if (name, leases) in seen:
            continue
        seen.add((name, leases))
        if name not in found.entries:
            yield Finding(
                "clouds.yaml",
                f"{found.file} has no entry {name} (openstack.{key} of the site); "
                f"{nearest(name, list(found.entries))}",
            )
        elif leases and found.is_credential(name):
            yield Finding(
                "clouds.yaml",
                f"entry {name} is an application credential, and Keystone refuses leases to "
                "those (delegated tokens cannot manage trusts). Add an entry with username and "
                f"password, or a token, and name it in openstack.{_lease_key(key)}",
            )
        elif not leases and not found.is_credential(name):
            sentence = f"entry {name} is no application credential: Terraform gets your password"
            yield Finding("clouds.yaml", sentence, bad=False)


def _named(setting: Setting) -> Iterator[tuple[str, str, bool]]:
    """Yield each key that names an entry, the entry, and whether a lease is made with it."""
    given = setting.openstack
    yield "cloud", given["cloud"], False
    yield "lease_cloud", given["lease_cloud"], True
    if gpu := given.get("gpu"):
        yield "gpu.cloud", gpu["cloud"], False
        key = "gpu.lease_cloud" if "lease_cloud" in gpu else "gpu.cloud"
        yield key, gpu.get("lease_cloud", gpu["cloud"]), True


def _lease_key(key: str) -> str:
    return "gpu.lease_cloud" if key.startswith("gpu.") else "lease_cloud"


def _key(setting: Setting, environ: Mapping[str, str]) -> Iterator[Finding]:
    if not setting.site.ssh.key:
        return
    key = Path(setting.site.ssh.key).expanduser()
    if not key.is_file():
        yield Finding(
            "SSH key",
            f"{key} is not there (ssh.key of the site). Put your key there, or make one: "
            f"ssh-keygen -t ed25519 -f {key}",
        )
        return
    if stat.S_IMODE(key.stat().st_mode) & 0o077:
        yield Finding("SSH key", f"others can read {key}, and ssh refuses it: chmod 600 {key}")
        return
    if said(["ssh-keygen", "-y", "-P", "", "-f", str(key)], environ)[0] == 0:
        return
    public = key.with_name(f"{key.name}.pub")
    fingerprint = said(["ssh-keygen", "-lf", str(public if public.exists() else key)], environ)[1]
    words = fingerprint.split()
    if len(words) < 2 or words[1] not in said(["ssh-add", "-l"], environ)[1]:
        yield Finding("SSH key", f"{key} has a passphrase and no agent has it: ssh-add {key}")


def public_key(setting: Setting) -> str | None:
    """Return the site's public key, type and body, where it can be read."""
    key = Path(setting.site.ssh.key).expanduser()
    public = key.with_name(f"{key.name}.pub")
    if public.is_file():
        return " ".join(public.read_text(encoding="utf-8").split()[:2])
    code, text = said(["ssh-keygen", "-y", "-P", "", "-f", str(key)], os.environ)
    return " ".join(text.split()[:2]) if code == 0 else None


def _tracked(file: Path) -> bool:
    argv = ["git", "ls-files", "--error-unmatch", file.name]
    try:
        done = subprocess.run(argv, cwd=file.parent, capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0
