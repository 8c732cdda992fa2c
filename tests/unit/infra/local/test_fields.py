"""What is refused of a manifest, word for word."""

import pytest

from infra.local.desired import fields, manifests
from infra.local.errors import ManifestError
from tests.local.conftest import app, route

IMAGE = "registry.local/app@sha256:" + "0" * 64


def parse(*objects):
    import yaml

    return manifests.parse({"environments/staging/x.yaml": yaml.safe_dump_all(objects)}, {}, "c0")


def changed(path, value):
    """Return a good Deployment with one thing changed; None takes it away."""
    deployment = app(IMAGE)[0]
    *way, last = path
    inner = deployment
    for step in way:
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return deployment


POD = ("spec", "template", "spec")
CONTAINER = (*POD, "containers", 0)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            ("spec", "replica"),
            2,
            "spec.replica: is not done by the local site (did you mean replicas?)",
        ),
        (("spec", "replicas"), "2", "spec.replicas: must be a whole, and is the str '2'"),
        (("spec", "replicas"), -1, "spec.replicas: must be 0 or more"),
        (("spec", "replicas"), True, "spec.replicas: must be a whole, and is the bool True"),
        (("spec", "template"), None, "spec.template: is missing"),
        (("spec", "selector"), None, "spec.selector: is missing"),
        (
            ("spec", "selector", "matchLabels"),
            {"app": "other"},
            "spec.selector.matchLabels: must match the labels of spec.template.metadata",
        ),
        (
            ("spec", "strategy", "rollingUpdate", "maxSurge"),
            "some",
            "spec.strategy.rollingUpdate: is no number and no share: "
            "invalid literal for int() with base 10: 'some'",
        ),
        ((*POD, "hostPID"), True, "spec.template.spec.hostPID: is not done by the local site"),
        (
            (*POD, "containers"),
            [],
            "spec.template.spec.containers: must hold one container, and holds 0",
        ),
        (
            (*POD, "containers"),
            {},
            "spec.template.spec.containers: must be a list, and is a mapping",
        ),
        ((*CONTAINER, "image"), None, "spec.template.spec.containers[0].image: is missing"),
        (
            (*CONTAINER, "resources"),
            {"limits": {"memory": "much"}},
            "spec.template.spec.containers[0].resources.limits.memory: "
            "'much' is no quantity, such as 640Mi",
        ),
        (
            (*CONTAINER, "env"),
            [{"name": "A", "value": 1}],
            "spec.template.spec.containers[0].env[0].value: "
            "must be a text, and is the int 1: put it in quotes",
        ),
        (
            (*CONTAINER, "readinessProbe"),
            {"httpGet": {"path": "/", "port": "metrics"}},
            "spec.template.spec.containers[0].readinessProbe.httpGet.port: "
            "names a port that the container has not: metrics",
        ),
        (
            (*CONTAINER, "livenessProbe"),
            {"periodSeconds": 1},
            "spec.template.spec.containers[0].livenessProbe: "
            "asks nothing: httpGet, tcpSocket or exec",
        ),
        (
            (*CONTAINER, "volumeMounts"),
            [{"name": "gone", "mountPath": "/x"}],
            "spec.template.spec.containers[0].volumeMounts[0].name: names no volume: gone",
        ),
        (
            ("metadata", "name"),
            "../up",
            "metadata.name: '../up' must be lower-case letters, digits, - and .",
        ),
        (
            ("kind",),
            "StatefulSet",
            "kind: apps/v1/StatefulSet is not done by the local site",
        ),
        (
            ("kind",),
            "Deploymnt",
            "kind: apps/v1/Deploymnt is not done by the local site "
            "(did you mean apps/v1/Deployment?)",
        ),
    ],
)
def test_a_manifest_is_refused_with_file_and_path(path, value, said):
    with pytest.raises(ManifestError) as refusal:
        parse(changed(path, value))

    assert str(refusal.value).startswith(f"environments/staging/x.yaml: {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "is no YAML"),
        ("- 1\n", "holds no object"),
        ("apiVersion: v1\nkind: Service\n", "metadata: is missing"),
        ("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: '%'}\n", "must be base64"),
    ],
)
def test_what_is_no_object_is_refused(text, said):
    with pytest.raises(ManifestError, match=said):
        manifests.parse({"platform/x.yaml": text}, {}, "c0")


def test_an_object_that_stands_in_two_files_is_refused():
    with pytest.raises(ManifestError, match=r"stands in .*x\.yaml too: keep one"):
        parse(*app(IMAGE), *app(IMAGE))


def test_a_good_manifest_passes_and_knows_its_revision():
    import yaml

    text = yaml.safe_dump_all([*app(IMAGE), *route(90, 10)])

    found = manifests.parse(
        {"environments/staging/x.yaml": text}, {"environments/staging": "c7"}, "c9"
    )

    (deployment,) = found.of("Deployment").values()
    assert (found.revision, deployment.revision) == ("c9", "c7")
    assert deployment.key == "gourmetgram-staging/gourmetgram-app"


def test_kinds_that_mean_nothing_here_are_accepted_and_listed_with_a_reason():
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}

    found = parse({**policy, "metadata": {"name": "x"}, "spec": {"whatever": 1}})

    assert [item.kind for item in found.objects] == ["NetworkPolicy"]
    listed = {kind: done for kind, _field, done in fields.support()}
    assert listed["networking.k8s.io/v1/NetworkPolicy"].startswith("no meaning here: everything")


def test_the_list_of_fields_says_what_is_done_and_what_means_nothing():
    listed = {(kind, field): done for kind, field, done in fields.support()}

    replicas = ("apps/v1/Deployment", "spec.replicas")
    security = ("apps/v1/Deployment", "spec.template.spec.securityContext")
    assert (listed[replicas], listed[security]) == ("done", "no meaning here")
