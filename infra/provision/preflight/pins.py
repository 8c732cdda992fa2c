"""The programs that provisioning runs, with their exact versions and checksums."""

import platform
from dataclasses import dataclass


@dataclass(frozen=True)
class Pin:
    """One program.

    Attributes:
        version: The only version that is accepted.
        url: Where its archive lies, with {system} and {machine} to fill in.
        sha256: The checksum of the archive for each system and machine that we know one for.
    """

    name: str
    version: str
    url: str
    sha256: dict[str, str]


TERRAFORM = Pin(
    name="terraform",
    version="1.11.4",
    url="https://releases.hashicorp.com/terraform/{version}/terraform_{version}_{kind}.zip",
    sha256={
        "linux_amd64": "1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc",
        "darwin_amd64": "a56d5002b9f7647291faccc3dd1a70350e60fb61e4c45037629508b8fdc2575b",
        "darwin_arm64": "867e0808fa971217043e25b7a792b10720c79b1546f8a68479b74f138be73e18",
    },
)
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def how_to_get(pin: Pin) -> str:
    """Return the command that fetches a program, checks it and puts it in ~/.local/bin."""
    machine = platform.machine()
    kind = f"{platform.system().lower()}_{MACHINES.get(machine, machine)}"
    url = pin.url.format(version=pin.version, kind=kind)
    if kind not in pin.sha256:
        return f"get {url}, check it against the SHA256SUMS beside it, and put it on the PATH"
    check = f"echo '{pin.sha256[kind]}  /tmp/{pin.name}.zip' | sha256sum -c"
    fetch = f"curl -fsSLo /tmp/{pin.name}.zip {url}"
    unpack = f"python3 -m zipfile -e /tmp/{pin.name}.zip ~/.local/bin"
    return f"{fetch} && {check} && {unpack} && chmod +x ~/.local/bin/{pin.name}"
