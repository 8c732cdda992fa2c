"""The dashboards of a cluster: what there is, and how each answers through a forward."""

import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.tunnel.forwards import HOST, Forward, TunnelError, Way, free_port

SECONDS = 60.0
POLL = 0.5


@dataclass(frozen=True)
class Dashboard:
    """Something with pages to look at.

    Attributes:
        port: Of its Service, and where it listens here if nobody else does.
    """

    name: str
    namespace: str
    service: str
    port: int
    scheme: str = "http"
    local: int = 0


DASHBOARDS = (
    Dashboard("app", "gourmetgram-gateway", "gateway", 80, local=8080),
    Dashboard("mlflow", "gourmetgram-platform", "mlflow", 5000, local=5000),
    Dashboard("argo-workflows", "argo", "argo-server", 2746, "https", local=2746),
    Dashboard("argo-cd", "argocd", "argocd-server", 443, "https", local=8888),
    Dashboard("kubernetes", "kube-system", "kubernetes-dashboard", 443, "https", local=8443),
)


@dataclass(frozen=True)
class Door:
    """A dashboard of this cluster, and the forward that leads to it."""

    dashboard: Dashboard
    forward: Forward

    @property
    def url(self) -> str:
        """Its address on this machine."""
        return f"{self.dashboard.scheme}://{HOST}:{self.forward.port}"


def doors(services: Mapping[str, Any], known: Sequence[Dashboard] = DASHBOARDS) -> Iterator[Door]:
    """Yield the dashboards that a cluster has, from what `kubectl get services -A` says."""
    addresses = {
        (each["metadata"]["namespace"], each["metadata"]["name"]): each["spec"].get("clusterIP")
        for each in services.get("items", ())
    }
    taken: set[int] = set()
    for one in known:
        address = addresses.get((one.namespace, one.service))
        if address and address != "None":
            port = free_port(one.local if one.local not in taken else 0)
            taken.add(port)
            yield Door(one, Forward(f"{address}:{one.port}", port))


def wait(way: Way, opened: Sequence[Door], tell: Callable[[str], None]) -> None:
    """Wait until every dashboard answers something; a page that asks who we are will do.

    Raises:
        TunnelError: the way broke, or one stayed silent; with the last thing that was seen.
    """
    deadline = time.monotonic() + SECONDS
    for door in opened:
        while (silence := _silence(door.url)) is not None:
            way.must_stand()
            if time.monotonic() > deadline:
                said = f"{door.dashboard.name} did not answer within {SECONDS:.0f} s ({silence})"
                raise TunnelError(way.node, said)
            tell(f"{door.dashboard.name}: {silence}")
            time.sleep(POLL)


def _silence(url: str) -> str | None:
    """Return why nobody answers at an address, or None."""
    unchecked = ssl.create_default_context()
    # It is our own loopback, and the certificate is of a cluster that signs for itself.
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    try:
        urllib.request.urlopen(url, timeout=5, context=unchecked).close()
    except urllib.error.HTTPError as error:
        error.close()  # it answers, whatever it thinks of us
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))
    return None
