"""Host keys from a console log, and pinning them."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.inventory import console


@pytest.fixture
def key():
    """A real host key: its kind and its text."""
    public = Ed25519PrivateKey.generate().public_key()
    kind, text = public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode().split()
    return kind, text


def log(*lines):
    return "\n".join(["[    0.0] Linux", console.BEGIN, *lines, console.END, "login:"])


def test_the_keys_that_cloud_init_prints_are_found(key):
    assert console.keys(log(f"{key[0]} {key[1]} root@node1")) == [key]


def test_a_prefix_of_the_console_is_passed_over(key):
    assert console.keys(log(f"ci-info: {key[0]} {key[1]} root@node1")) == [key]


def test_a_torn_line_is_no_key(key):
    assert console.keys(log(f"{key[0]} {key[1][:20]}", f"ssh-rsa {key[1]}", "ssh-ed25519 x")) == []


def test_a_log_without_its_end_gives_nothing_yet(key):
    assert console.keys(f"{console.BEGIN}\n{key[0]} {key[1]}\n") == []
    assert console.keys("") == []


def test_a_console_is_told_once_it_has_keys_or_cloud_init_has_ended_without(key):
    ended = "[  12.9] cloud-init[612]: Cloud-init v. 24.4-0ubuntu1 finished at Sun, 29 Nov 2026"

    assert console.is_told(log(f"{key[0]} {key[1]}"))
    assert console.is_told(f"[  0.0] Linux\n{ended}\n")
    assert not console.is_told("[  0.0] Linux\nnode1 login:")
    assert not console.is_told(f"{console.BEGIN}\n{key[0]} {key[1]}\n")
    assert not console.is_told("")


def test_the_last_boot_counts(key):
    old = log("ssh-ed25519 AAAA root@node1")

    assert console.keys(f"{old}\n{log(f'{key[0]} {key[1]}')}") == [key]


def test_pinned_keys_take_the_place_of_older_ones_of_the_same_host(tmp_path, key):
    file = tmp_path / "known_hosts"
    file.write_text("node1 ssh-ed25519 OLD\nnode2 ssh-ed25519 KEPT\n")

    assert console.pin(file, ["node1", "10.0.0.1"], [key])
    assert file.read_text() == (
        f"node2 ssh-ed25519 KEPT\nnode1 {key[0]} {key[1]}\n10.0.0.1 {key[0]} {key[1]}\n"
    )


def test_pinning_again_changes_nothing(tmp_path, key):
    file = tmp_path / "known_hosts"
    console.pin(file, ["node1"], [key])

    assert not console.pin(file, ["node1"], [key])
