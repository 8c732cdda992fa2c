"""Asks the site's own servers: the agent, the gateway, replicas and MLflow. Loopback only."""

import http.client
import json
from typing import Any

from infra.local.ports import LOOPBACK
from infra.local.site import Site

SECONDS = 2.0


def answers(port: int, path: str) -> bool:
    """Say whether a server answers 200."""
    return request(port, path)[0] == http.client.OK


def status(site: Site) -> dict[str, Any] | None:
    """Return the agent's status, or None when it does not answer."""
    return get_json(site.ports.api, "/v1/status")


def sync(site: Site) -> dict[str, Any] | None:
    """Have the agent look at Git now; None when it does not answer."""
    code, body = request(site.ports.api, "/v1/sync", method="POST", seconds=10)
    return _object(body) if code == http.client.OK else None


def get_json(port: int, path: str) -> dict[str, Any] | None:
    """Return the object that a server answers, or None."""
    code, body = request(port, path)
    return _object(body) if code == http.client.OK else None


def request(
    port: int, path: str, *, method: str = "GET", seconds: float = SECONDS
) -> tuple[int, bytes]:
    """Return status and body; (0, reason) when there is no answer."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=seconds)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error).encode()
    finally:
        connection.close()


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
