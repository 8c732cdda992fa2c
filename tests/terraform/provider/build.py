"""Build the OpenStack provider from its Go module into a mirror that Terraform reads.

For machines that reach a Go module proxy and no Terraform registry. Once, into the user's
cache; `python -m tests.terraform.provider.build` prints the folder of the mirror.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from services.environments import cache

HERE = Path(__file__).parent
MODULE = "github.com/terraform-provider-openstack/terraform-provider-openstack"
VERSION = "1.54.1"
SOURCES = ("go.mod", "go.sum", "tools.go")
ADDRESS = "registry.terraform.io/terraform-provider-openstack/openstack"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def why_not() -> str | None:
    """Say why the provider cannot be built here, or None."""
    return (
        None
        if shutil.which("go")
        else "needs Go to build the OpenStack provider: apt-get install golang-go"
    )


def mirror() -> Path:
    """Return the folder of the mirror, building the provider on first use."""
    said = b"".join((HERE / name).read_bytes() for name in SOURCES)
    folder = cache() / "terraform" / hashlib.sha256(said).hexdigest()[:16]
    kind = f"{platform.system().lower()}_{MACHINES[platform.machine()]}"
    binary = folder / ADDRESS / VERSION / kind / f"terraform-provider-openstack_v{VERSION}"
    binary.parent.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.exists():
            _build(binary)
    return folder


def _build(binary: Path) -> None:
    print("Building the OpenStack provider (once, about a minute) ...", file=sys.stderr)
    with tempfile.TemporaryDirectory() as work:
        for name in SOURCES:
            shutil.copy(HERE / name, work)
        env = {**os.environ, "GOFLAGS": "-buildvcs=false -mod=readonly", "GOMAXPROCS": "2"}
        # The compiler collects garbage less often: a sixth of its time, for some memory.
        env |= {"CGO_ENABLED": "0", "GOGC": "400"}
        made = Path(work) / "provider"
        build = [
            "go",
            "build",
            "-p",
            "2",
            "-trimpath",
            "-gcflags=all=-dwarf=false",
            "-ldflags=-s -w",
            "-o",
            str(made),
            MODULE,
        ]
        subprocess.run(build, cwd=work, env=env, check=True)
        shutil.copy(made, binary.with_suffix(".new"))
    binary.with_suffix(".new").replace(binary)


def settings(folder: Path) -> str:
    """Return a Terraform CLI configuration that takes providers from the mirror."""
    return f"""provider_installation {{
  filesystem_mirror {{
    path    = "{folder}"
    include = ["registry.terraform.io/*/*"]
  }}
}}
disable_checkpoint = true
"""


if __name__ == "__main__":
    if reason := why_not():
        sys.exit(reason)
    print(mirror())
