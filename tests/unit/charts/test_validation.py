"""The judgement of a whole site: silent on what we ship, loud on each seeded mistake."""

import pytest

from charts import validation, values

APP = "Deployment gourmetgram-canary/gourmetgram-app"


@pytest.mark.parametrize("site", values.sites())
def test_what_we_ship_has_no_problem(site):
    count, problems = validation.of_site(site)

    assert [str(problem) for problem in problems] == []
    assert count > 30


def app(find):
    return find("Deployment", "gourmetgram-app", "gourmetgram-canary")


def container(find):
    return app(find)["spec"]["template"]["spec"]["containers"][0]


def pod(find):
    return app(find)["spec"]["template"]["spec"]


# Each entry: how to break the site, and the one sentence that it must say.
STRUCTURE = {
    "unknown kind": (
        lambda find: app(find).update(kind="Deploymnt"),
        "Deploymnt gourmetgram-canary/gourmetgram-app: apps/v1 Deploymnt is no kind that we "
        "deploy: did you mean apps/v1 Deployment?",
    ),
    "old apiVersion": (
        lambda find: app(find).update(apiVersion="extensions/v1beta1"),
        f"{APP}: extensions/v1beta1 Deployment is no kind that we deploy: ",
    ),
    "misspelt field": (
        lambda find: app(find)["spec"].update(replcas=2),
        f"{APP}: spec.replcas: no such field; did you mean replicas?",
    ),
    "wrong type": (
        lambda find: app(find)["spec"].update(replicas="2"),
        f"{APP}: spec.replicas: '2' is not a whole number",
    ),
    "boolean for a number": (
        lambda find: app(find)["spec"].update(replicas=True),
        f"{APP}: spec.replicas: True is not a whole number",
    ),
    "number as a variable": (
        lambda find: container(find)["env"][0].update(value=8000),
        f"{APP}: spec.template.spec.containers[0].env[0].value: 8000 is not text",
    ),
    "bad quantity": (
        lambda find: container(find)["resources"]["limits"].update(memory="640MB"),
        f"{APP}: spec.template.spec.containers[0].resources.limits.memory: '640MB' is not a "
        "quantity such as 200m or 64Mi",
    ),
    "missing selector": (
        lambda find: app(find)["spec"].pop("selector"),
        f"{APP}: spec.selector is missing",
    ),
    "no namespace": (
        lambda find: app(find)["metadata"].pop("namespace"),
        "Deployment gourmetgram-app: metadata.namespace is missing: where it lives must not "
        "depend on who applies it",
    ),
    "a namespace too many": (
        lambda find: find("GatewayClass", "traefik")["metadata"].update(namespace="x"),
        "GatewayClass x/traefik: metadata.namespace: a GatewayClass belongs to no namespace",
    ),
    "bad name": (
        lambda find: find("Service", "mlflow")["metadata"].update(name="MLflow"),
        "Service gourmetgram-platform/MLflow: metadata.name: 'MLflow' is no name (small "
        "letters, digits and dashes)",
    ),
    "bad label": (
        lambda find: app(find)["metadata"]["labels"].update({"app.kubernetes.io/version": "a b"}),
        f"{APP}: metadata.labels.app.kubernetes.io/version: 'a b' is no valid label "
        "(63 letters, digits, '-', '_', '.')",
    ),
    "bad key": (
        lambda find: app(find)["metadata"]["annotations"].update({"a b/c": "x"}),
        f"{APP}: metadata.annotations: 'a b/c' is no valid key",
    ),
    "list for a mapping": (
        lambda find: app(find)["spec"].update(strategy=[]),
        f"{APP}: spec.strategy: [] is not a mapping",
    ),
    "mapping for a list": (
        lambda find: pod(find).update(containers={}),
        f"{APP}: spec.template.spec.containers: {{}} is not a list",
    ),
}

REFERENCES = {
    "selector of other pods": (
        lambda find: app(find)["spec"]["selector"]["matchLabels"].update(tier="web"),
        f"{APP}: its pods lack tier=web, which its selector asks for",
    ),
    "selector of all pods": (
        lambda find: app(find)["spec"].update(selector={}),
        f"{APP}: spec.selector.matchLabels is empty: it would own every pod",
    ),
    "service of nobody": (
        lambda find: find("Service", "mlflow")["spec"].update(selector={"app": "mlflow"}),
        "Service gourmetgram-platform/mlflow: its selector (app=mlflow) finds no pod in "
        "gourmetgram-platform",
    ),
    "service to no port": (
        lambda find: find("Service", "mlflow")["spec"]["ports"][0].update(targetPort="web"),
        "Service gourmetgram-platform/mlflow: Deployment gourmetgram-platform/mlflow has no "
        "port web",
    ),
    "policy for nobody": (
        lambda find: find("NetworkPolicy", "mlflow")["spec"].update(
            podSelector={"matchLabels": {"app": "x"}}
        ),
        "NetworkPolicy gourmetgram-platform/mlflow: its podSelector (app=x) finds no pod",
    ),
    "policy for no port": (
        lambda find: find("NetworkPolicy", "mlflow")["spec"]["ingress"][0]["ports"][0].update(
            port=9
        ),
        "NetworkPolicy gourmetgram-platform/mlflow: Deployment gourmetgram-platform/mlflow has "
        "no port 9",
    ),
    "probe of no port": (
        lambda find: container(find)["readinessProbe"]["httpGet"].update(port="web"),
        f"{APP}: readinessProbe asks port web, which no container has",
    ),
    "mount of nothing": (
        lambda find: container(find)["volumeMounts"].append({"name": "gone", "mountPath": "/g"}),
        f"{APP}: it mounts gone, and has no such volume",
    ),
    "volume for nothing": (
        lambda find: pod(find)["volumes"].append({"name": "idle", "emptyDir": {}}),
        f"{APP}: nothing mounts its volume idle",
    ),
    "claim of nothing": (
        lambda find: pod(find)["volumes"][0].update(persistentVolumeClaim={"claimName": "gone"}),
        f"{APP}: it asks for the claim gone, which is not there",
    ),
    "account of nobody": (
        lambda find: pod(find).update(serviceAccountName="ghost"),
        f"{APP}: its account ghost is not there",
    ),
    "binding for nobody": (
        lambda find: find("RoleBinding", "canary-observer")["subjects"][0].update(name="ghost"),
        "RoleBinding gourmetgram-canary/canary-observer: it binds the account ghost, which is "
        "not there",
    ),
    "binding of nothing": (
        lambda find: find("RoleBinding", "canary-observer")["roleRef"].update(name="gone"),
        "RoleBinding gourmetgram-canary/canary-observer: its Role gone is not there",
    ),
    "route without gateway": (
        lambda find: find("HTTPRoute", "gourmetgram")["spec"]["parentRefs"][0].update(name="gone"),
        "HTTPRoute gourmetgram-gateway/gourmetgram: its Gateway gone is not there",
    ),
    "route to no service": (
        lambda find: find("HTTPRoute", "gourmetgram")["spec"]["rules"][0]["backendRefs"][0].update(
            name="gone"
        ),
        "HTTPRoute gourmetgram-gateway/gourmetgram: there is no Service gourmetgram-canary/gone",
    ),
    "route to no port": (
        lambda find: find("HTTPRoute", "gourmetgram")["spec"]["rules"][0]["backendRefs"][0].update(
            port=8080
        ),
        "HTTPRoute gourmetgram-gateway/gourmetgram: Service gourmetgram-canary/gourmetgram-app "
        "has no port 8080",
    ),
    "route without grant": (
        lambda find: find("ReferenceGrant", "gateway", "gourmetgram-canary")["spec"]["from"][
            0
        ].update(namespace="elsewhere"),
        "HTTPRoute gourmetgram-gateway/gourmetgram: no ReferenceGrant in gourmetgram-canary lets "
        "it reach Service gourmetgram-canary/gourmetgram-app",
    ),
    "no traffic": (
        lambda find: [
            backend.update(weight=0)
            for backend in find("HTTPRoute", "gourmetgram")["spec"]["rules"][0]["backendRefs"]
        ],
        "HTTPRoute gourmetgram-gateway/gourmetgram: all its weights are 0: nobody would be "
        "answered",
    ),
}

CONVENTIONS = {
    "a secret in Git": (
        lambda find: find("ConfigMap", "platform").update(kind="Secret"),
        "Secret argo/platform: v1 Secret is no kind that we deploy: ",
    ),
    "open namespace": (
        lambda find: find("Namespace", "gourmetgram-canary")["metadata"]["labels"].update(
            {"pod-security.kubernetes.io/enforce": "privileged"}
        ),
        "Namespace gourmetgram-canary: the label pod-security.kubernetes.io/enforce is not "
        "restricted",
    ),
    "root": (
        lambda find: pod(find)["securityContext"].update(runAsNonRoot=False),
        f"{APP}: restricted Pod Security Standard: container app: securityContext.runAsNonRoot "
        "is not true, nor the pod's",
    ),
    "token unsaid": (
        lambda find: pod(find).pop("automountServiceAccountToken"),
        f"{APP}: automountServiceAccountToken is not said: false, unless it asks the cluster's API",
    ),
    "update that loses requests": (
        lambda find: app(find)["spec"]["strategy"]["rollingUpdate"].update(maxUnavailable=1),
        f"{APP}: strategy.rollingUpdate.maxUnavailable is not 0: an update would lose requests",
    ),
    "tag of ours": (
        lambda find: container(find).update(image="registry/gourmetgram-app:canary-1.0.7"),
        f"{APP}: container app: image registry/gourmetgram-app:canary-1.0.7 is ours, so it is "
        "named by its digest and by nothing else",
    ),
    "no limit": (
        lambda find: container(find)["resources"].pop("limits"),
        f"{APP}: container app: resources.limits.memory is missing",
    ),
    "no request": (
        lambda find: container(find)["resources"]["requests"].pop("cpu"),
        f"{APP}: container app: resources.requests.cpu is missing",
    ),
    "no probe": (
        lambda find: container(find).pop("readinessProbe"),
        f"{APP}: container app: readinessProbe is missing",
    ),
    "writable root": (
        lambda find: container(find)["securityContext"].pop("readOnlyRootFilesystem"),
        f"{APP}: container app: securityContext.readOnlyRootFilesystem is not true",
    ),
    "set twice": (
        lambda find: container(find)["env"].append({"name": "PORT", "value": "1"}),
        f"{APP}: container app: env PORT is set twice",
    ),
    "password": (
        lambda find: container(find)["env"].append({"name": "DB_PASSWORD", "value": "hunter2"}),
        f"{APP}: container app: env DB_PASSWORD holds a secret in plain text: use "
        "valueFrom.secretKeyRef",
    ),
    "password in an address": (
        lambda find: container(find)["env"].append({"name": "DB", "value": "pg://u:hunter2@db"}),
        f"{APP}: container app: env DB holds a password in an address: use $(NAME) of a "
        "secretKeyRef",
    ),
    "unset variable": (
        lambda find: container(find)["env"].append({"name": "DB", "value": "pg://$(HOST)"}),
        f"{APP}: container app: env DB uses $(HOST), which is not set above it",
    ),
}

SEEDED = {**STRUCTURE, **REFERENCES, **CONVENTIONS}


@pytest.mark.parametrize(("break_it", "sentence"), SEEDED.values(), ids=SEEDED)
def test_a_seeded_mistake_is_said(find, sentences, break_it, sentence):
    break_it(find)

    said = sentences()
    assert any(line.startswith(f"site kvm: {sentence}") for line in said), said


@pytest.mark.parametrize(
    "break_it", [*[b for b, _s in CONVENTIONS.values()]], ids=list(CONVENTIONS)
)
def test_a_mistake_in_one_object_is_said_once(find, sentences, break_it):
    break_it(find)

    assert len(sentences()) == 1


def test_an_environment_is_judged_without_the_platform_it_will_stand_on(site):
    alone = [o for o in site if o.namespace == "gourmetgram-staging" and o.kind != "RoleBinding"]

    assert list(validation.problems(alone, "staging")) == []


def test_the_platform_is_judged_without_its_environments(site):
    alone = [
        o for o in site
        if o.kind not in ("Deployment", "Service") or o.name != "gourmetgram-app"
    ]  # fmt: skip

    said = [p.sentence for p in validation.problems(alone, "platform") if p.object[:4] == "HTTP"]
    assert said == []
