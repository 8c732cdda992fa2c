"""Every Secret and ConfigMap that charts and workflows name is made by somebody, at every site."""

from pathlib import Path

import pytest
import yaml

from charts import render, validation, values
from infra import signing
from infra.local import facts, ports
from infra.local import signing as local_signing
from infra.local import site as local_sites
from infra.local.state import State
from infra.provision.cluster import platform
from infra.sites import reading

WORKFLOWS = Path(__file__).parents[4] / "workflows"
# Its steps run there; what a file of workflows names stands in this namespace.
ARGO = signing.NAMESPACE
ON_CLUSTERS = [name for name in reading.known() if name != "local"]


def named(tree):
    """Yield kind, name and key (None: the whole) of each Secret and ConfigMap that a tree names."""
    if isinstance(tree, list):
        for each in tree:
            yield from named(each)
    if not isinstance(tree, dict):
        return
    for field, inside in tree.items():
        if field in ("secretKeyRef", "configMapKeyRef"):
            yield _kind(field), inside["name"], inside["key"]
        elif field in ("secretRef", "configMapRef"):
            yield _kind(field), inside["name"], None
        elif field == "secret" and isinstance(inside, dict) and "secretName" in inside:
            yield "Secret", inside["secretName"], None
        elif field == "configMap" and isinstance(inside, dict) and "name" in inside:
            yield "ConfigMap", inside["name"], None
        elif field == "imagePullSecrets":
            yield from (("Secret", each["name"], None) for each in inside)
        else:
            yield from named(inside)


def _kind(field):
    return "Secret" if field.startswith("secret") else "ConfigMap"


def rendered(site):
    """Return all objects of a site."""
    objects = render.platform(site)
    for environment in values.ENVIRONMENTS:
        objects += render.environment(site, environment, release=validation.SAMPLE)
    return objects


def wanted(site):
    """Return what a site's charts and workflows name: namespace, kind, name, key."""
    found = {(each.namespace, *one) for each in rendered(site) for one in named(each.data)}
    for file in WORKFLOWS.glob("*.yaml"):
        for document in yaml.safe_load_all(file.read_text()):
            found |= {(ARGO, *one) for one in named(document)}
    return found


def made_by_provisioning(site):
    """Return what is there once the stage `platform` is done, facts that a person gives too."""
    found = {(*place, key) for place, keys in platform.SECRETS.items() for key in keys}
    found = {(space, "Secret", name, key) for space, name, key in found}
    found.add((ARGO, "Secret", signing.SECRET, signing.KEY))
    listed = values.layers("platform", site, None)["workflows"]["facts"]
    found |= {(ARGO, "ConfigMap", platform.FACTS, key) for key in listed}
    for each in rendered(site):
        if each.kind in ("Secret", "ConfigMap"):
            for key in each.data.get("data") or {}:
                found.add((each.namespace, each.kind, each.name, key))
    return found


def made_by_nobody(wishes, made):
    """Return what is named and not made."""
    whole = {each[:3] for each in made}
    return sorted(
        str(wish) for wish in wishes if wish not in made and (wish[3] or wish[:3] not in whole)
    )


@pytest.mark.parametrize("site", ON_CLUSTERS)
def test_provisioning_makes_what_charts_and_workflows_name(site):
    wishes = wanted(site)

    assert (ARGO, "Secret", "gourmetops-signing", None) in wishes
    assert (ARGO, "ConfigMap", "platform", "lifecycle-image") in wishes
    assert len(wishes) >= 8
    assert made_by_nobody(wishes, made_by_provisioning(site)) == []


def test_the_local_site_makes_what_charts_and_workflows_name(tmp_path):
    state = State(tmp_path)
    local_signing.ensure(state)
    block, guard = ports.choose(None)
    with guard:
        site = local_sites.new(state, block)
    facts.write(site, lifecycle_image="as `up` builds it")

    made = {
        (path.parts[-3], "Secret", path.parts[-2], path.name)
        for path in state.secrets.rglob("*")
        if path.is_file()
    }
    held = yaml.safe_load(state.platform.read_text())["data"]
    made |= {(ARGO, "ConfigMap", platform.FACTS, key) for key in held}
    assert made_by_nobody(wanted("local"), made) == []


@pytest.mark.parametrize(
    "gone",
    [
        (ARGO, "Secret", "gourmetops-signing", "ed25519.pem"),
        ("gourmetgram-platform", "Secret", "mlflow-objects", "access-key"),
        (ARGO, "ConfigMap", "platform", "lifecycle-image"),
    ],
)
def test_what_nobody_makes_is_found(gone):
    made = made_by_provisioning("kvm") - {gone}

    (found,) = made_by_nobody(wanted("kvm"), made)

    assert gone[2] in found
