"""The stage as a process of its own, to be killed."""

import dataclasses
import os
from pathlib import Path

from infra.kubespray import pin, ways
from infra.provision import kubespray
from infra.provision.setting import Setting
from infra.sites import reading


def go(site: str, folder: str, log: str) -> None:
    """Run the stage, and print what it says."""
    pinned = dataclasses.replace(pin.pin(), commit=os.environ["PINNED"])
    pin.pin = lambda: pinned
    ways.must_reach.__defaults__ = ((("127.0.0.1", 22),),)
    setting = Setting(reading.read(Path(site)), Path(folder), None, yes=True)
    kubespray.run(setting, {}, lambda said: print(said, flush=True), Path(log))
