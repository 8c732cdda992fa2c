"""Judgements of the network: addresses, peers, names, ports, firewall, mirror.

Each takes what a command printed on the node and returns what is wrong, or None.
"""

import ipaddress
from collections.abc import Iterable

MIRROR_ANSWERS = ("200", "401")


def address_is_there(output: str, *, address: str) -> str | None:
    """Judge `ip -o addr`: the private address is on an interface."""
    have = []
    for line in output.splitlines():
        words = line.split()
        if len(words) > 3 and words[2] in ("inet", "inet6"):
            have.append((words[1], ipaddress.ip_interface(words[3])))
    wanted = ipaddress.ip_address(address)
    for _name, interface in have:
        # Every address of the loopback range is the machine's own.
        if interface.ip == wanted or (wanted.is_loopback and wanted in interface.network):
            return None
    listed = ", ".join(f"{name} {interface.ip}" for name, interface in have)
    return f"no interface has {address} (there are {listed or 'none'})"


def peers_answer(output: str) -> str | None:
    """Judge a line per peer: its name, and yes or no."""
    deaf = [line.split()[0] for line in output.splitlines() if line.endswith(" no")]
    return f"it cannot reach {', '.join(deaf)}" if deaf else None


def names_resolve(output: str, *, name: str) -> str | None:
    """Judge `getent ahosts NAME`."""
    for line in output.splitlines():
        try:
            ipaddress.ip_address((line.split() or [""])[0])
        except ValueError:
            continue
        return None
    return f"{name} does not resolve"


def ports_are_free(output: str, *, ports: Iterable[int]) -> str | None:
    """Judge the local addresses of listening sockets in /proc/net/tcp, as ADDRESS:PORT in hex."""
    taken = {int(line.rpartition(":")[2], 16) for line in output.splitlines() if ":" in line}
    wanted = [str(port) for port in ports if port in taken]
    return f"somebody listens on {', '.join(wanted)} already" if wanted else None


def firewall_is_off(output: str) -> str | None:
    """Judge a line per firewall: its name, and what it says of itself."""
    running = [line.split()[0] for line in output.splitlines() if line.split()[1:] == ["active"]]
    return f"{' and '.join(running)} would drop the cluster's packets" if running else None


def mirror_answers(output: str, *, mirror: str) -> str | None:
    """Judge the first line of an HTTP answer to GET /v2/."""
    words = output.split()
    if len(words) > 1 and words[1] in MIRROR_ANSWERS:
        return None
    said = output.strip().partition("\n")[0] or "it said nothing"
    return f"{mirror} does not answer as a registry ({said})"
