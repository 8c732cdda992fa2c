"""The OpenAPI document is true: Schemathesis sends what it allows, and what it does not."""

import os
import re
import subprocess
from pathlib import Path
from sysconfig import get_path

import pytest

from tests.services.classifier.process import ROOT

EXAMPLES = 60


@pytest.mark.parametrize(
    ("mode", "hooks", "without"),
    [
        # It cannot tell a real photo from a string that the document forbids.
        pytest.param("positive", "fuzzing", "negative_data_rejection", id="allowed"),
        # It never sends a real photo, so a body that the document allows is refused too.
        pytest.param("negative", "photos", "positive_data_acceptance", id="forbidden"),
    ],
)
def test_every_answer_is_one_that_the_document_promises(server, tmp_path, mode, hooks, without):
    before = sent(server)

    done = subprocess.run(
        [
            Path(get_path("scripts"), "schemathesis"), "run", f"{server.url}/openapi.json",
            "--checks=all", f"--exclude-checks={without}", f"--mode={mode}", "--no-color",
            f"--max-examples={EXAMPLES}", "--generation-database=none", "--seed=1",
        ],
        cwd=tmp_path,
        env=os.environ
        | {
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": f"tests.services.classifier.{hooks}",
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )  # fmt: skip

    after = sent(server)
    assert done.returncode == 0, done.stdout
    assert after["served"] - before["served"] >= (EXAMPLES if mode == "positive" else 0)
    assert after["refused"] - before["refused"] >= (EXAMPLES if mode == "negative" else 0)


def sent(server):
    """Return how many requests with a photo were served, and how many refused."""
    counts = {"served": 0.0, "refused": 0.0}
    for line in server.get("/metrics").text.splitlines():
        name, _, number = line.rpartition(" ")
        if re.match(r'classifier_requests_total{path="/(predict|feedback)"', name):
            counts["served" if 'status="2' in name else "refused"] += float(number)
    return counts
