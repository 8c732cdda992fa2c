"""The first releases: made once, approved, and left alone afterwards."""

import pytest

from services import environments
from services.lifecycle.verbs import bootstrap
from tests.services.lifecycle.conftest import ROOT, git

MAKES_A_MODEL = """
import hashlib, json, sys
from pathlib import Path
out = Path(sys.argv[sys.argv.index("--out") + 1])
out.mkdir(parents=True)
(out / "model.onnx").write_bytes(b"weights")
facts = {"run": None, "commit": None, "data_hash": None}
facts["onnx_sha256"] = hashlib.sha256(b"weights").hexdigest()
(out / "model.json").write_text(json.dumps(facts))
"""


@pytest.fixture
def first(verbs, source, monkeypatch):
    """Bootstrap with an app whose bootstrap model needs no packages."""
    import sys
    from pathlib import Path

    monkeypatch.setattr(environments, "ensure", lambda *_files: Path(sys.prefix))
    source.commit({"services/classifier/bootstrap.py": MAKES_A_MODEL})
    return lambda: verbs(bootstrap, branch="HEAD", operation="up-1")


def test_every_environment_gets_the_bootstrap_release_in_one_commit(first, verbs, gitops):
    made = first()

    assert made["environments"] == "staging canary production"
    assert git("rev-list", "--count", "main", folder=gitops) == "1"
    for name in ("staging", "canary", "production"):
        release = verbs.step.gitops.current(name).release
        assert (release.version, release.digest) == (None, made["digest"])
        assert [c.id for c in verbs.step.gitops.approved(name)] == [made["commit"]]
    platform = git("ls-tree", "--name-only", "main:platform", folder=gitops).split()
    assert "httproute-gourmetgram.yaml" in platform


def test_a_second_time_changes_nothing(first, gitops):
    first()
    head = git("rev-parse", "main", folder=gitops)

    assert first()["environments"] == ""
    assert git("rev-parse", "main", folder=gitops) == head


def test_an_environment_that_holds_a_release_is_left_as_it_is(first, verbs, gitops):
    first()

    def remove_canary(tree):
        git("rm", "-r", "-q", "environments/canary", folder=tree)

    verbs.step.gitops.change("remove canary", remove_canary)
    before = git("rev-parse", "main:environments/staging", folder=gitops)

    assert first()["environments"] == "canary"
    assert git("rev-parse", "main:environments/staging", folder=gitops) == before


def test_the_charts_are_those_of_this_repository():
    assert (ROOT / "charts" / "__main__.py").exists()
