"""An inventory as the stage before writes it, to be broken in one place."""

import dataclasses
from pathlib import Path

import pytest
import yaml

from infra.inventory import files
from infra.kubespray import judging, own, pin
from infra.sites import reading


class Cluster:
    """An inventory with its settings, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.site = dataclasses.replace(reading.load("kvm"), file=folder / "kvm.yaml")
        self.inventory = folder / "inventory.yaml"
        files.write(self.site, folder)
        own.write(self.site, folder / "own")
        self.vars = folder / "vars"
        self.vars.mkdir()
        for file in pin.GROUP_VARS.iterdir():
            (self.vars / file.name).write_text(file.read_text())
        self.folders = (self.vars, folder / "own")

    def replace(self, old: str, new: str) -> None:
        text = self.inventory.read_text()
        assert old in text
        self.inventory.write_text(text.replace(old, new, 1))

    def set(self, **values: object) -> None:
        """Set variables in place of what stands there."""
        for folder in self.folders:
            for file in folder.iterdir():
                kept = {
                    k: v for k, v in yaml.safe_load(file.read_text()).items() if k not in values
                }
                file.write_text(yaml.safe_dump(kept, sort_keys=False))
        (self.vars / "changed.yml").write_text(yaml.safe_dump(values, sort_keys=False))

    def said(self) -> list[str]:
        return [
            str(fault).replace(f"{self.inventory.parent}/", "")
            for fault in judging.faults(self.inventory, self.folders, self.site)
        ]


@pytest.fixture
def cluster(tmp_path):
    return Cluster(tmp_path)
