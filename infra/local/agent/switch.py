"""Hands Traefik a configuration, and knows when Traefik has taken it."""

import http.client
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local import state as files
from infra.local.agent import gateway
from infra.local.ports import LOOPBACK
from infra.local.site import Site

SECONDS = 1.0


@dataclass
class Switch:
    """The gateway's dynamic configuration on disk."""

    site: Site
    wanted: dict[str, Any] = field(default_factory=dict)
    confirmed: str = ""

    @property
    def file(self) -> Path:
        """The one file that Traefik watches."""
        return self.site.state.gateway / "dynamic" / "site.yml"

    def apply(self, config: dict[str, Any]) -> None:
        """Write the configuration if the file says anything else (somebody may have edited)."""
        text = json.dumps(config, indent=1, sort_keys=True) + "\n"
        try:
            same = self.file.read_text() == text
        except (FileNotFoundError, UnicodeDecodeError):
            same = False
        if not same:
            files.write(self.file, text)
            self.confirmed = ""
        self.wanted = config
        for stray in self.file.parent.iterdir():
            if stray != self.file and not stray.name.startswith("."):
                stray.unlink()

    def is_taken(self) -> bool:
        """Say whether Traefik serves by the configuration that was written last."""
        mark = gateway.mark_of(self.wanted) if self.wanted else ""
        if mark and mark != self.confirmed and self._knows(mark):
            self.confirmed = mark
        return bool(mark) and mark == self.confirmed

    def _knows(self, mark: str) -> bool:
        connection = http.client.HTTPConnection(
            LOOPBACK, self.site.ports.gateway_api, timeout=SECONDS
        )
        try:
            connection.request("GET", f"/api/http/middlewares/{mark}@file")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
