"""Secrets of the site: made once, kept with mode 0600, never in Git, never in a command line."""

import secrets
from dataclasses import dataclass
from pathlib import Path

import yaml

from infra.local import state as files
from infra.local.desired.manifests import Desired, decoded
from infra.local.processes.pods import Config
from infra.local.state import State

TABLE = Path(__file__).with_name("secrets.yaml")


@dataclass(frozen=True)
class Secrets:
    """The site's own Secrets beside those that Git names."""

    state: State

    def generate(self) -> None:
        """Make every secret of the table that is not there yet."""
        for line in yaml.safe_load(TABLE.read_text()):
            self.ensure(line["namespace"], line["name"], line["keys"])

    def ensure(self, namespace: str, name: str, keys: list[str]) -> None:
        """Make the keys of one secret that are not there yet."""
        folder = self.state.secrets / namespace / name
        folder.mkdir(parents=True, exist_ok=True)
        self.state.secrets.chmod(0o700)
        for key in keys:
            if not (folder / key).exists():
                files.write(folder / key, secrets.token_urlsafe(24), mode=0o600)

    def config(self, desired: Desired, namespace: str) -> Config:
        """Return what pods of a namespace may name."""
        maps = {
            item.name: item.data.get("data") or {}
            for item in desired.of("ConfigMap").values()
            if item.namespace == namespace
        }
        named = {
            item.name: decoded(item)
            for item in desired.of("Secret").values()
            if item.namespace == namespace
        }
        return Config(maps, {**self._own(namespace), **named})

    def _own(self, namespace: str) -> dict[str, dict[str, str]]:
        folder = self.state.secrets / namespace
        if not folder.is_dir():
            return {}
        return {
            secret.name: {key.name: key.read_text() for key in secret.iterdir() if key.is_file()}
            for secret in folder.iterdir()
        }
