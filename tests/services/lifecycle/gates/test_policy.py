"""The policy of a site, as GOURMET_POLICY holds it."""

import json

import pytest
import yaml

from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.releasing.gates import policy
from tests.services.lifecycle.conftest import ROOT


def read(**said):
    return policy.read(json.dumps(said))


def production(**approvals):
    return {"production": {"approvals": approvals}}


def test_a_site_that_says_nothing_asks_for_one_yes_to_production():
    made = policy.read("")

    assert made.of("production").approvals.needed == 1
    assert made.of("canary").approvals.needed == 0


def test_what_the_chart_says_is_read_and_is_the_default():
    values = yaml.safe_load((ROOT / "charts" / "platform" / "values.yaml").read_text())

    made = policy.read(json.dumps(values["policy"]))

    assert made.of("production") == policy.DEFAULT.of("production")
    assert made.of("canary") == policy.DEFAULT.of("canary")
    assert (made.freezes, made.lease_hours) == ((), 1)


def test_a_strict_site_can_ask_for_two_named_people_and_a_verdict():
    said = production(needed=2, approvers=["a@x", "b@x", "c@x"], **{"not": ["author", "promoter"]})
    said["production"]["verdict"] = "required"

    made = read(environments=said).of("production")

    assert made.approvals.excluded == {"author", "promoter"}
    assert (made.approvals.needed, made.verdict) == (2, "required")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "GOURMET_POLICY"),
        ("[]", "GOURMET_POLICY"),
        ('{"enviroments": {}}', "there is no 'enviroments'"),
        (json.dumps({"environments": production(neded=1)}), "there is no 'neded'"),
        (json.dumps({"environments": production(needed="many")}), "many"),
        (json.dumps({"environments": production(needed=-1)}), "needed is at least 0"),
        (json.dumps({"environments": production(needed=1, days=0)}), "days are more than 0"),
        (json.dumps({"environments": production(needed=3, approvers=["a", "A", "b"])}),
         "3 of 3 approvers are needed, which cannot be"),
        (json.dumps({"environments": production(needed=1, **{"not": ["boss"]})}), "'boss'"),
        (json.dumps({"environments": {"production": {"verdict": "none"}}}), "verdict is 'none'"),
        (json.dumps({"freezes": [{"name": "x"}]}), "a freeze has"),
        (json.dumps({"leaseHours": "long"}), "long"),
    ],
)  # fmt: skip
def test_a_policy_that_cannot_be_is_refused_and_says_where_it_stands(text, says):
    with pytest.raises(AskedWronglyError, match=r"values\.yaml") as refused:
        policy.read(text)

    assert says in str(refused.value)
