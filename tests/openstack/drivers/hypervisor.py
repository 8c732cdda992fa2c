"""Nova's own fake hypervisor, whose servers have a console: what their machine would print.

The folder $CONSOLES holds a file for each server that has printed something, and one named after
the end of a name (such as `mlops-kvm`) where machines stand behind the servers of that name.
"""

import os
from pathlib import Path

from nova.virt import fake

BOOTS = "[    0.000000] Linux version 6.8.0-51-generic\n"
# No machine is behind these servers, so nobody shall wait for it.
NOBODY = (
    f"{BOOTS}[   11.9] cloud-init[612]: Cloud-init v. 24.4 finished at an instant without keys.\n"
)


class Hypervisor(fake.FakeDriverWithoutFakeNodes):
    """Answers for every server of a compute host."""

    def get_console_output(self, context, instance):
        """Return what a server has printed so far."""
        folder = Path(os.environ["CONSOLES"])
        printed = folder / instance.uuid
        if printed.exists():
            return printed.read_text()
        _name, _dash, end = instance.display_name.partition("-")
        return BOOTS if (folder / end).exists() else NOBODY
