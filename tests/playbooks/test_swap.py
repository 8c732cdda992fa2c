"""Swap is turned off, now and for each boot."""

import pytest

from tests.hosts import machines


@pytest.mark.skipif(not machines.SWAP_IS_OURS, reason="this machine swaps, and its list is all's")
def test_swap_is_turned_off_for_good(lab):
    node = lab.hosts["node2"]
    node.swap_on()
    options = ("--tags", "kernel", "--limit", "node2")

    said = lab.play("prepare", *options, "--check")
    assert "/swap/file" in node.read("/proc/swaps")
    done, again = lab.play("prepare", *options), lab.play("prepare", *options)

    assert done.status == "done", done.log
    assert said.changed == done.changed
    assert "/swap/file" not in node.read("/proc/swaps")
    assert node.read("/etc/fstab").splitlines()[-1] == "# /swap/file none swap sw 0 0"
    assert again.changed == set()
