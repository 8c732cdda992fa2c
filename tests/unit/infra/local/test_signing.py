"""The key of a site: made once, its owner's alone, and changed without losing the past."""

import base64

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from infra.local import signing
from infra.local.signing import KeyFileError
from infra.local.state import State


def public_of(state):
    key = load_pem_private_key(signing.private_key(state).read_bytes(), password=None)
    return "ed25519:" + base64.b64encode(key.public_key().public_bytes_raw()).decode()


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    state = State(tmp_path)

    signing.ensure(state)
    made = signing.private_key(state).read_bytes()
    signing.ensure(state)

    assert signing.private_key(state).read_bytes() == made
    assert signing.private_key(state).stat().st_mode & 0o077 == 0
    assert state.secrets.stat().st_mode & 0o077 == 0
    assert signing.trusted(state) == public_of(state)


def test_a_new_key_is_trusted_beside_the_old_one(tmp_path):
    state = State(tmp_path)
    signing.ensure(state)
    old = signing.trusted(state)

    signing.private_key(state).unlink()
    signing.ensure(state)

    assert signing.trusted(state) == f"{old} {public_of(state)}"
    assert public_of(state) != old


def test_trust_that_was_ended_is_not_given_back(tmp_path):
    state = State(tmp_path)
    signing.ensure(state)
    state.trusted_keys.write_text("\n")

    signing.ensure(state)

    assert signing.trusted(state) == ""


def test_a_kill_between_key_and_trust_is_mended_by_the_next_start(tmp_path):
    state = State(tmp_path)
    signing.ensure(state)
    state.trusted_keys.unlink()

    signing.ensure(state)

    assert signing.trusted(state) == public_of(state)


def test_a_broken_key_is_said_in_words(tmp_path):
    state = State(tmp_path)
    signing.ensure(state)
    signing.private_key(state).write_text("broken")
    state.trusted_keys.unlink()

    with pytest.raises(KeyFileError, match="Remove it and run this again"):
        signing.ensure(state)
