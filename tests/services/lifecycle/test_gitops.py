"""Releases as commits: what Git says is what runs, also when two people release at once."""

import threading
from pathlib import Path

import pytest

from services.lifecycle.errors import GitError, ReleaseError
from services.lifecycle.releasing.gitops import GitOps
from services.lifecycle.releasing.releases import Release
from tests.services.lifecycle.conftest import git


def release(number):
    return Release(number, f"sha256:{number:064x}", "c" * 40, f"run{number}", "sha256:d")


def commit(repository, environment, number, extra=()):
    def write(tree):
        folder = tree / "environments" / environment
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "release.json").write_text(release(number).text())
        for name in extra:
            (folder / name).write_text(name)

    return repository.change(f"{environment}: version {number}", write)


@pytest.fixture
def repository(gitops, tmp_path):
    return GitOps(gitops, tmp_path / "work")


def test_an_environment_without_a_release_has_none(repository):
    assert repository.current("staging") is None


def test_a_release_is_one_commit_and_reads_back(repository):
    made = commit(repository, "staging", 7)

    current = repository.current("staging")

    assert current.id == made
    assert current.release == release(7)


def test_a_repository_on_this_machine_is_read_where_it_lies_and_any_other_is_copied(
    repository, gitops, tmp_path
):
    commit(repository, "staging", 7)
    near, far = (
        GitOps(address, tmp_path / name)
        for name, address in (("near", gitops), ("far", f"file://{gitops}"))
    )

    assert near.current("staging") == far.current("staging")
    assert git("count-objects", folder=near.work).startswith("0 objects")
    assert not git("count-objects", folder=far.work).startswith("0 objects")


def test_nothing_to_commit_makes_no_commit(repository, gitops):
    first = commit(repository, "staging", 7)
    second = commit(repository, "staging", 7)

    assert first == second
    assert git("rev-list", "--count", "main", folder=gitops) == "1"


def test_a_release_of_another_environment_is_not_this_ones(repository):
    first = commit(repository, "staging", 7)
    commit(repository, "canary", 6)

    assert repository.current("staging").id == first


def test_two_who_release_at_once_both_get_in(gitops, tmp_path):
    names = ["staging", "canary", "production"]
    commit(GitOps(gitops, tmp_path / "first"), "staging", 1)

    def work(name):
        for number in range(2, 6):
            commit(GitOps(gitops, tmp_path / name), name, number)

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    look = GitOps(gitops, tmp_path / "look")
    assert [look.current(name).release.version for name in names] == [5, 5, 5]
    assert git("rev-list", "--count", "main", folder=gitops) == "13"


def test_restoring_brings_the_very_files_back(repository, gitops):
    good = commit(repository, "staging", 1, extra=["deployment.yaml"])
    commit(repository, "staging", 2, extra=["deployment.yaml", "service.yaml"])

    repository.restore("staging", good, "staging: back to version 1")

    assert repository.current("staging").release == release(1)
    files = git("ls-tree", "--name-only", "main:environments/staging", folder=gitops).split()
    assert files == ["deployment.yaml", "release.json"]


def test_approved_releases_come_newest_first_by_history_and_not_by_clock(repository):
    first = commit(repository, "staging", 1)
    second = commit(repository, "staging", 2)
    repository.approve("staging", second, "version 2 is good")
    repository.approve("staging", first, "version 1 is good")
    repository.approve("staging", first, "and again")

    assert [each.release.version for each in repository.approved("staging")] == [2, 1]
    assert repository.approved("canary") == []


def test_a_repository_that_refuses_is_said_with_its_words(repository, gitops):
    commit(repository, "staging", 1)
    hook = Path(gitops) / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho frozen until Monday >&2\nexit 1\n")
    hook.chmod(0o755)

    with pytest.raises(GitError, match="frozen until Monday"):
        commit(repository, "staging", 2)


def test_a_broken_release_file_is_refused(repository):
    commit(repository, "staging", 1)

    def spoil(tree):
        (tree / "environments/staging/release.json").write_text('{"version": 1}')

    repository.change("spoil", spoil)

    with pytest.raises(ReleaseError, match="this is no release"):
        repository.current("staging")
