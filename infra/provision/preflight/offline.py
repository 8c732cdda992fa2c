"""What can be known before any cloud is asked: programs, clouds.yaml, variables, the SSH key."""

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from infra.provision.cloud import clouds
from infra.provision.preflight import pins
from infra.provision.setting import Setting


@dataclass(frozen=True)
class Finding:
    """One thing that preflight has to say; what is bad stops the way."""

    what: str
    sentence: str
    bad: bool = True

    def __str__(self) -> str:
        return f"{'✗' if self.bad else '·'} {self.what}: {self.sentence}"


def look(setting: Setting, environ: Mapping[str, str]) -> list[Finding]:
    """Return everything that is wrong on this machine."""
    found = [*_terraform(environ), *_clouds(setting)]
    if left := clouds.overriding(environ):
        sentence = f"{', '.join(left)} would override clouds.yaml, so no stage is given them"
        found.append(Finding("variables", sentence, bad=False))
    return [*found, *_key(setting, environ)]


def _terraform(environ: Mapping[str, str]) -> Iterator[Finding]:
    pin = pins.TERRAFORM
    get = f"It must be {pin.version}: {pins.how_to_get(pin)}"
    program = shutil.which("terraform", path=environ.get("PATH", ""))
    if program is None:
        yield Finding("terraform", f"it is not on the PATH. {get}")
        return
    code, said = _said([program, "version", "-json"], {**environ, "CHECKPOINT_DISABLE": "1"})
    have = str(json.loads(said)["terraform_version"]) if code == 0 else "broken"
    if have != pin.version:
        yield Finding("terraform", f"{program} is {have}. {get}")


def _clouds(setting: Setting) -> Iterator[Finding]:
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
    for key in ("cloud", "lease_cloud"):
        name = setting.openstack[key]
        if name not in found.entries:
            yield Finding(
                "clouds.yaml",
                f"{found.file} has no entry {name} (openstack.{key} of the site); "
                f"{nearest(name, list(found.entries))}",
            )
        elif key == "lease_cloud" and found.is_credential(name):
            yield Finding(
                "clouds.yaml",
                f"entry {name} is an application credential, and Keystone refuses leases to "
                "those (delegated tokens cannot manage trusts). Add an entry with username and "
                "password, or a token, and name it in openstack.lease_cloud",
            )
        elif key == "cloud" and not found.is_credential(name):
            sentence = f"entry {name} is no application credential: Terraform gets your password"
            yield Finding("clouds.yaml", sentence, bad=False)


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
    if _said(["ssh-keygen", "-y", "-P", "", "-f", str(key)], environ)[0] == 0:
        return
    public = key.with_name(f"{key.name}.pub")
    fingerprint = _said(["ssh-keygen", "-lf", str(public if public.exists() else key)], environ)[1]
    words = fingerprint.split()
    if len(words) < 2 or words[1] not in _said(["ssh-add", "-l"], environ)[1]:
        yield Finding("SSH key", f"{key} has a passphrase and no agent has it: ssh-add {key}")


def public_key(setting: Setting) -> str | None:
    """Return the site's public key, type and body, where it can be read."""
    key = Path(setting.site.ssh.key).expanduser()
    public = key.with_name(f"{key.name}.pub")
    if public.is_file():
        return " ".join(public.read_text(encoding="utf-8").split()[:2])
    code, said = _said(["ssh-keygen", "-y", "-P", "", "-f", str(key)], os.environ)
    return " ".join(said.split()[:2]) if code == 0 else None


def nearest(name: str, known: Sequence[str]) -> str:
    """Say what was probably meant."""
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(known))}"


def _tracked(file: Path) -> bool:
    argv = ["git", "ls-files", "--error-unmatch", file.name]
    try:
        done = subprocess.run(argv, cwd=file.parent, capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0


def _said(argv: Sequence[str], environ: Mapping[str, str]) -> tuple[int, str]:
    try:
        done = subprocess.run(
            argv, env=dict(environ), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return 127, ""
    return done.returncode, done.stdout
