"""The programs that provisioning runs, with their exact versions and checksums.

`python -m infra.provision.preflight.pins terraform` prints the command that gets one.

Helm is none of them: the charts are rendered by Helm's engine out of a locked Python package.
"""

import platform
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Pin:
    """One program.

    Attributes:
        version: The only version that is accepted.
        url: Where it lies, with {version}, {kind} (linux_amd64) and {path} (linux/amd64) to
            fill in.
        sha256: The checksum for each kind of machine that we know one for.
        zipped: Whether it comes in an archive.
        asks: What makes it say its version, as JSON.
    """

    name: str
    version: str
    url: str
    sha256: dict[str, str]
    zipped: bool
    asks: tuple[str, ...]


TERRAFORM = Pin(
    name="terraform",
    version="1.11.4",
    url="https://releases.hashicorp.com/terraform/{version}/terraform_{version}_{kind}.zip",
    sha256={
        "linux_amd64": "1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc",
        "darwin_amd64": "a56d5002b9f7647291faccc3dd1a70350e60fb61e4c45037629508b8fdc2575b",
        "darwin_arm64": "867e0808fa971217043e25b7a792b10720c79b1546f8a68479b74f138be73e18",
    },
    zipped=True,
    asks=("version", "-json"),
)
# One minor version from every Kubernetes that the pinned Kubespray installs, as kubectl allows.
KUBECTL = Pin(
    name="kubectl",
    version="1.34.7",
    url="https://dl.k8s.io/release/v{version}/bin/{path}/kubectl",
    sha256={
        "linux_amd64": "b46ecf2b80f76d5a7d58c296c2e11e42c85eaa1eb866ddbc1e91625f71c21000",
        "linux_arm64": "93d2113f1f38b5709f2955b7981fcd37d675c9aafda81702c202a63361b6093b",
    },
    zipped=False,
    asks=("version", "--client", "--output=json"),
)
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def how_to_get(pin: Pin) -> str:
    """Return the command that fetches a program, checks it and puts it in ~/.local/bin."""
    machine = platform.machine()
    path = f"{platform.system().lower()}/{MACHINES.get(machine, machine)}"
    kind = path.replace("/", "_")
    url = pin.url.format(version=pin.version, kind=kind, path=path)
    if kind not in pin.sha256:
        return f"get {url}, check it against the checksum beside it, and put it on the PATH"
    fetched = f"/tmp/{pin.name}.zip" if pin.zipped else f"/tmp/{pin.name}"
    fetch = f"curl -fsSLo {fetched} {url}"
    check = f"echo '{pin.sha256[kind]}  {fetched}' | sha256sum -c"
    unpack = f"python3 -m zipfile -e {fetched} ~/.local/bin"
    put = f"{unpack} && chmod +x ~/.local/bin/{pin.name}"
    if not pin.zipped:
        put = f"install -D -m 755 {fetched} ~/.local/bin/{pin.name}"
    return f"{fetch} && {check} && {put}"


def version_of(pin: Pin, said: dict[str, object]) -> str:
    """Return the version in what a program said of itself."""
    if pin is TERRAFORM:
        return str(said.get("terraform_version", "?"))
    client = said.get("clientVersion")
    return str(client.get("gitVersion", "?")).lstrip("v") if isinstance(client, dict) else "?"


if __name__ == "__main__":
    print(how_to_get({pin.name: pin for pin in (TERRAFORM, KUBECTL)}[sys.argv[1]]))
