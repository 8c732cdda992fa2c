"""What the charts refuse, in plain words."""

import pytest

from charts import render, validation
from charts.errors import RefusedError, UnknownNameError


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("release.digest=",
         "charts/app: release.digest is empty: an image of ours is named by digest only. "
         "Give --set release.digest=sha256:… as `bake` printed it."),
        ("release.digest=latest",
         'charts/app: release.digest is "latest", which is no digest: it is sha256: and 64 '
         "hexadecimal digits, as `bake` printed it."),
        ("image.name=gourmetgram-app:latest",
         'charts/app: image.name is "gourmetgram-app:latest": give the name alone, such as '
         "gourmetgram-app. Our own images are addressed by digest only, because a tag (latest "
         "above all) names another image tomorrow."),
        ("image.registry=",
         "charts/app: image.registry is empty: render with the values file of a site, or set the "
         "registry that this site pulls from."),
        ("replicas=0", "charts/app: replicas: minimum: got 0, want 1"),
        ("release.version=seven",
         "charts/app: release.version: 'seven' does not match pattern '^([1-9][0-9]*)?$'"),
    ],
)  # fmt: skip
def test_the_app_refuses_in_plain_words(pair, sentence):
    with pytest.raises(RefusedError) as refusal:
        render.environment("local", "staging", [pair], release=validation.SAMPLE)

    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("database.image.tag=latest",
         "charts/platform: The image docker.io/library/postgres has the tag \"latest\", which "
         "names another image tomorrow. Give its exact version, such as 18.1."),
        ("database.image.tag=",
         "charts/platform: The image docker.io/library/postgres has the tag \"\", which names "
         "another image tomorrow. Give its exact version, such as 18.1."),
        ("gateway.image.tag=v3",
         "charts/platform: The image docker.io/library/traefik has the tag \"v3\", which is no "
         "exact version: give one with all its parts, such as 18.1."),
        ("mlflow.backend=oracle",
         "charts/platform: mlflow.backend: value must be one of 'stores', 'files'"),
        ("gateway.service.externalIPs=node1",
         "charts/platform: gateway.service.externalIPs.0: 'node1' does not match pattern "
         "'^[0-9]{1,3}(\\\\.[0-9]{1,3}){3}$'"),
    ],
)  # fmt: skip
def test_the_platform_refuses_in_plain_words(pair, sentence):
    with pytest.raises(RefusedError) as refusal:
        render.platform("kvm", [pair])

    assert str(refusal.value) == sentence


def test_traffic_for_an_environment_that_is_not_there_is_refused():
    with pytest.raises(RefusedError) as refusal:
        render.platform("local", (), traffic={"preview": 5})

    assert str(refusal.value) == (
        "charts/platform: traffic.preview: there is no environment of that name; there are "
        "staging, canary, production."
    )


def test_a_value_in_a_file_that_the_chart_does_not_know_is_refused():
    with pytest.raises(RefusedError, match="additional properties 'replica' not allowed"):
        render.environment("local", "staging", (), release=validation.SAMPLE, replica=2)


def test_a_misspelt_site_names_the_nearest_one():
    with pytest.raises(UnknownNameError) as refusal:
        render.environment("locl", "staging")

    assert str(refusal.value) == "There is no site 'locl': did you mean local?"


def test_a_misspelt_environment_names_the_nearest_one():
    with pytest.raises(UnknownNameError) as refusal:
        render.environment("local", "productoin")

    assert str(refusal.value) == "There is no environment 'productoin': did you mean production?"
