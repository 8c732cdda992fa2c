"""How values are laid over one another, and what --set may say."""

import pytest

from charts import values
from charts.errors import ChartsError, UnknownNameError

DEFAULTS = {"replicas": 1, "release": {"commit": "", "digest": ""}, "claim": True,
            "ips": [], "env": {}}  # fmt: skip


def test_mappings_merge_and_everything_else_is_replaced():
    merged = {"a": {"b": 1, "c": [1]}, "d": 1}

    values.merge(merged, {"a": {"c": [2]}, "d": None})

    assert merged == {"a": {"b": 1, "c": [2]}, "d": None}


def test_what_is_laid_over_stays_as_it_was():
    other = {"release": {"version": "7"}}
    merged = {}

    values.merge(merged, other)
    values.merge(merged, {"release": {"version": "8"}})

    assert other == {"release": {"version": "7"}}


def test_the_site_has_the_last_word_after_the_environment():
    layers = values.layers("app", "local", "production")

    assert layers["replicas"] == 2
    assert layers["image"] == {"registry": "registry.local"}


@pytest.mark.parametrize(
    ("pair", "nested"),
    [
        ("replicas=3", {"replicas": 3}),
        ("release.commit=1234567", {"release": {"commit": "1234567"}}),
        ("release.commit=a=b", {"release": {"commit": "a=b"}}),
        ("claim=false", {"claim": False}),
        ("ips=1.2.3.4,5.6.7.8", {"ips": ["1.2.3.4", "5.6.7.8"]}),
        ("ips=", {"ips": []}),
        ("env.LEVEL=debug", {"env": {"LEVEL": "debug"}}),
    ],
)
def test_a_setting_takes_the_type_of_what_it_replaces(pair, nested):
    assert values.settings(DEFAULTS, [pair]) == nested


def test_settings_of_one_mapping_meet():
    pairs = ["release.commit=abc", "release.digest=sha256:1"]

    assert values.settings(DEFAULTS, pairs) == {"release": {"commit": "abc", "digest": "sha256:1"}}


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("replicas", "--set replicas: write it as path=value, such as replicas=2."),
        ("replicas=two", "--set replicas=two: it is a whole number, such as 1."),
        ("claim=yes", "--set claim=yes: it is true or false."),
        ("replicas.x=1", "--set replicas.x: replicas is one value, with nothing inside."),
        ("release=7",
         "--set release=7: it is a mapping; set one of release.commit, release.digest."),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_refused(pair, sentence):
    with pytest.raises(ChartsError) as refusal:
        values.settings(DEFAULTS, [pair])

    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("replica=2", "There is no value 'replica': did you mean replicas?"),
        ("release.comit=x", "There is no value 'release.comit': did you mean release.commit?"),
    ],
)
def test_an_unknown_setting_names_the_nearest(pair, sentence):
    with pytest.raises(UnknownNameError) as refusal:
        values.settings(DEFAULTS, [pair])

    assert str(refusal.value) == sentence


def test_a_values_file_that_is_no_mapping_is_refused(tmp_path):
    file = tmp_path / "values.yaml"
    file.write_text("- one\n")

    with pytest.raises(ChartsError, match=r"holds a list, not a mapping of values\.$"):
        values.read(file)


def test_a_values_file_that_is_not_yaml_is_refused_with_its_line(tmp_path):
    file = tmp_path / "values.yaml"
    file.write_text("a: 1\nb: [\n")

    with pytest.raises(ChartsError, match=r"(?s)is not YAML:.*line 3"):
        values.read(file)
