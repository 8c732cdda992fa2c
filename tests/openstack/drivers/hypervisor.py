"""Nova's own fake hypervisor, whose servers have a console: what their machine would print.

The folder $CONSOLES holds a file for each server that has printed something, and one named after
the end of a name (such as `mlops-kvm`) where machines stand behind the servers of that name. The
folder $SERVERS holds a file for each server that runs, with its name.
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

    def spawn(self, context, instance, *args, **more):
        """Start a server."""
        super().spawn(context, instance, *args, **more)
        half = Path(os.environ["SERVERS"]) / f".{instance.uuid}"
        half.write_text(instance.display_name)
        half.rename(half.with_name(instance.uuid))

    def destroy(self, context, instance, *args, **more):
        """Take a server away."""
        super().destroy(context, instance, *args, **more)
        (Path(os.environ["SERVERS"]) / instance.uuid).unlink(missing_ok=True)

    def get_console_output(self, context, instance):
        """Return what a server has printed so far."""
        folder = Path(os.environ["CONSOLES"])
        printed = folder / instance.uuid
        if printed.exists():
            return printed.read_text()
        _name, _dash, end = instance.display_name.partition("-")
        return BOOTS if (folder / end).exists() else NOBODY
