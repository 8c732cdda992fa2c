"""The records of replicas: what an agent that is killed leaves to the next."""

import pytest

from infra.local.ports import Block
from infra.local.processes import volumes
from infra.local.processes.replicas import Replica, Store
from infra.local.site import Site
from infra.local.state import State


@pytest.fixture
def site(tmp_path):
    return Site(State(tmp_path), "0123456789ab", Block(20000))


@pytest.fixture
def replica():
    return Replica(
        "apps.web-1-abc", "apps", "Deployment", "web", "1", "r", "image", {}, {}, {}, created=0
    )


def ended(site, replica):
    """Return the agent's store when a replica, with a Secret in its volume, has just ended."""
    secret = volumes.home(site.state, replica.name) / "volumes/keys/key"
    secret.parent.mkdir(parents=True)
    secret.touch()
    store = Store(site, {replica.name: replica})
    store.save()
    return store


def test_a_replica_that_has_ended_leaves_neither_record_nor_folder(site, replica):
    ended(site, replica).forget(replica)

    assert list(site.state.replicas.iterdir()) == []
    assert not volumes.home(site.state, replica.name).exists()


def test_an_agent_killed_while_it_forgets_a_replica_leaves_its_folder_to_the_next(
    site, replica, monkeypatch
):
    def killed(*_, **__):
        raise KeyboardInterrupt

    store = ended(site, replica)
    with monkeypatch.context() as patch:
        patch.setattr("infra.local.processes.volumes.shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            store.forget(replica)

    after = Store(site)
    after.load()
    after.forget(after.all[replica.name])
    assert not volumes.home(site.state, replica.name).exists()
