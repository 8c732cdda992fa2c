"""Secrets of the site: made once, private, and overruled by what Git names."""

import base64

from infra.local.credentials import Secrets
from infra.local.desired import manifests
from infra.local.desired.manifests import Desired
from infra.local.state import State


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path):
    secrets = Secrets(State(tmp_path))

    secrets.ensure("ns", "database", ["password"])
    made = secrets.config(Desired(), "ns").secrets["database"]["password"]
    secrets.ensure("ns", "database", ["password", "user"])
    again = secrets.config(Desired(), "ns").secrets["database"]

    assert len(made) > 20
    assert again["password"] == made
    assert (tmp_path / "secrets" / "ns" / "database" / "password").stat().st_mode & 0o077 == 0
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_pods_see_the_secrets_and_maps_of_their_own_namespace_only(tmp_path):
    packed = base64.b64encode(b"from git").decode()
    texts = {
        "platform/x.yaml": (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: one}\n"
            f"data: {{key: {packed}}}\n---\n"
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: two}\n"
            "data: {key: text}\n"
        )
    }
    desired = manifests.parse(texts, {}, "c")
    secrets = Secrets(State(tmp_path))

    one, two = secrets.config(desired, "one"), secrets.config(desired, "two")

    assert (one.secrets, one.config_maps) == ({"s": {"key": "from git"}}, {})
    assert (two.secrets, two.config_maps) == ({}, {"m": {"key": "text"}})
