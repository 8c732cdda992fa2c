"""What the charts render: every environment of every site, the same each time."""

import re

import pytest

from charts import manifests, render, validation, values
from tests.unit.charts import write_golden as golden

ALL = [(site, env) for site in values.sites() for env in (None, *values.ENVIRONMENTS)]


def rendered(site, environment, *pairs):
    if environment is None:
        return render.platform(site, pairs)
    return render.environment(site, environment, pairs, release=validation.SAMPLE)


def only(objects, kind, name=None):
    (found,) = [o for o in objects if o.kind == kind and name in (None, o.name)]
    return found.data


def container(objects, name=None):
    return only(objects, "Deployment", name)["spec"]["template"]["spec"]["containers"][0]


def test_the_five_sites_have_values_for_both_charts():
    assert values.sites() == ("devcluster", "hosts", "kvm", "local", "microk8s")


@pytest.mark.parametrize(("site", "environment"), ALL)
def test_every_environment_of_every_site_renders_the_same_each_time(site, environment):
    first, second = rendered(site, environment), rendered(site, environment)

    assert first
    assert [o.text() for o in first] == [o.text() for o in second]


@pytest.mark.parametrize(("site", "environment"), golden.CASES)
def test_what_is_rendered_is_what_was_read_and_committed(site, environment):
    committed = (golden.GOLDEN / golden.name(site, environment)).read_text(encoding="utf-8")

    assert golden.text(site, environment) == committed, (
        "The charts render something else than the golden files. Read the difference; if it is "
        "meant, run: python -m tests.unit.charts.write_golden"
    )


def test_no_golden_file_is_left_over():
    assert {file.name for file in golden.GOLDEN.iterdir()} == {
        golden.name(*c) for c in golden.CASES
    }


@pytest.mark.parametrize(("site", "environment"), ALL)
def test_what_is_rendered_reads_back_as_the_same_objects(site, environment):
    for manifest in rendered(site, environment):
        (again,) = manifests.parse(manifest.text(), "rendered")
        assert again == manifest


def test_the_image_is_named_by_the_digest_of_the_release():
    objects = rendered("local", "canary")

    assert container(objects)["image"] == (
        f"registry.local/gourmetgram-app@{validation.SAMPLE['digest']}"
    )


def test_a_release_writes_its_facts_on_the_deployment_and_on_its_pods():
    deployment = only(rendered("local", "staging"), "Deployment")

    for metadata in (deployment["metadata"], deployment["spec"]["template"]["metadata"]):
        assert metadata["annotations"] == {
            "gourmetops/model-version": "7",
            "gourmetops/digest": validation.SAMPLE["digest"],
            "gourmetops/commit": validation.SAMPLE["commit"],
            "gourmetops/run": validation.SAMPLE["run"],
            "gourmetops/data-hash": validation.SAMPLE["data_hash"],
        }
        assert metadata["labels"]["app.kubernetes.io/version"] == "7"


def test_a_release_without_a_version_is_the_bootstrap_release():
    objects = render.environment("local", "staging", (), release={"digest": "sha256:" + "a" * 64})

    labels = only(objects, "Deployment")["metadata"]["labels"]
    assert labels["app.kubernetes.io/version"] == "bootstrap"


def test_a_commit_of_digits_alone_stays_text_and_is_quoted():
    objects = rendered("local", "staging", "release.commit=1234567")

    text = next(o for o in objects if o.kind == "Deployment").text()
    assert 'gourmetops/commit: "1234567"' in text


def test_a_selector_never_holds_what_a_release_changes():
    before, after = rendered("local", "staging"), rendered("local", "staging", "release.version=8")

    one, two = only(before, "Deployment"), only(after, "Deployment")
    assert one["spec"]["selector"] == two["spec"]["selector"]
    assert one["spec"]["template"] != two["spec"]["template"]


def test_an_update_always_leaves_every_replica_answering():
    strategy = only(rendered("kvm", "production"), "Deployment")["spec"]["strategy"]

    assert strategy["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_the_app_learns_what_it_is_from_its_environment():
    env = {v["name"]: v["value"] for v in container(rendered("local", "staging"))["env"]}

    assert env == {
        "PORT": "8000",
        "HOST": "127.0.0.1",
        "ENVIRONMENT": "staging",
        "IMAGE_DIGEST": validation.SAMPLE["digest"],
        "MODEL_NAME": "GourmetGramFood11Model",
        "FEEDBACK_DIR": "/var/lib/feedback",
    }


def test_requests_are_kept_only_where_a_site_says_so_and_within_a_size():
    kept = {
        (site, environment): "RECORD_DIR"
        in {v["name"] for v in container(rendered(site, environment))["env"]}
        for site in ("local", "kvm")
        for environment in ("staging", "canary", "production")
    }
    asked = rendered("kvm", "canary", "recordings.environments=canary", "recordings.megabytes=9")

    assert [where for where, is_kept in kept.items() if is_kept] == [("local", "production")]
    assert {"name": "RECORD_LIMIT_MB", "value": "9"} in container(asked)["env"]
    claims = [o.data for o in asked if o.kind == "PersistentVolumeClaim"]
    sizes = {c["metadata"]["name"]: c["spec"]["resources"]["requests"]["storage"] for c in claims}
    assert sizes["recordings"] == "41Mi"


def test_only_the_local_site_listens_on_loopback():
    env = {v["name"] for v in container(rendered("kvm", "production"))["env"]}

    assert "HOST" not in env


def test_corrections_survive_a_release_that_is_taken_away():
    claim = only(rendered("kvm", "canary"), "PersistentVolumeClaim")

    assert claim["spec"]["storageClassName"] == "local-path"
    assert claim["metadata"]["annotations"] == {"argocd.argoproj.io/sync-options": "Prune=false"}


@pytest.mark.parametrize("site", values.sites())
def test_live_traffic_is_shared_90_to_10(site):
    (rule,) = only(rendered(site, None), "HTTPRoute")["spec"]["rules"]

    shares = {backend["namespace"]: backend["weight"] for backend in rule["backendRefs"]}
    assert shares == {"gourmetgram-production": 90, "gourmetgram-canary": 10}


def test_weights_are_stepped_by_a_value():
    objects = rendered("local", None, "traffic.canary=25", "traffic.production=75")

    (rule,) = only(objects, "HTTPRoute")["spec"]["rules"]
    assert [backend["weight"] for backend in rule["backendRefs"]] == [25, 75]


def test_a_change_of_weights_changes_one_file(tmp_path):
    manifests.write_folder(rendered("local", None), tmp_path)

    changed = manifests.write_folder(rendered("local", None, "traffic.canary=25"), tmp_path)

    assert changed == ["httproute-gourmetgram.yaml"]


def test_every_namespace_holds_pods_to_the_restricted_standard():
    for namespace in (o for o in rendered("kvm", None) if o.kind == "Namespace"):
        assert namespace.metadata["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_local_site_keeps_files_and_brings_its_own_gateway():
    kinds = {f"{o.kind} {o.name}" for o in rendered("local", None)}

    assert "StatefulSet mlflow-database" not in kinds
    assert "Deployment gateway" not in kinds
    assert "ConfigMap platform" not in kinds
    assert "PersistentVolumeClaim mlflow" in kinds


def test_a_cluster_keeps_mlflow_in_postgresql_and_s3_with_secrets_by_reference():
    env = {v["name"]: v for v in container(rendered("kvm", None), "mlflow")["env"]}

    assert env["MLFLOW_BACKEND_STORE_URI"]["value"] == (
        "postgresql+psycopg2://$(DATABASE_USER):$(DATABASE_PASSWORD)@mlflow-database:5432/"
        "$(DATABASE_NAME)"
    )
    assert env["DATABASE_PASSWORD"]["valueFrom"]["secretKeyRef"] == {
        "name": "mlflow-database",
        "key": "password",
    }


def test_no_secret_is_in_what_goes_to_git():
    for site, environment in ALL:
        assert not [o for o in rendered(site, environment) if o.kind == "Secret"]


def test_mlflow_answers_to_its_own_names_and_to_no_other():
    objects = rendered("kvm", None)
    env = {v["name"]: v.get("value") for v in container(objects, "mlflow")["env"]}
    allowed = env["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")

    # What a step sends as Host, its port included, is compared letter by letter.
    address = only(objects, "ConfigMap")["data"]["MLFLOW_TRACKING_URI"]
    assert address.removeprefix("http://") in allowed
    assert [name for name in allowed if "*" in name] == ["localhost:*", "127.0.0.1:*"]


def test_the_bucket_is_waited_for_with_a_deadline():
    job = only(rendered("kvm", None), "Job")

    assert job["spec"]["activeDeadlineSeconds"] == 300
    assert job["spec"]["template"]["spec"]["containers"][0]["command"] == ["mc"]


def test_the_gateways_controller_cannot_read_the_platforms_secrets():
    rights = [
        (role.namespace, rule)
        for role in rendered("kvm", None)
        if role.kind in ("Role", "ClusterRole")
        for rule in role.data["rules"]
        if "secrets" in rule["resources"]
    ]

    assert {namespace for namespace, _rule in rights} == {
        "gourmetgram-gateway", "gourmetgram-staging", "gourmetgram-canary",
        "gourmetgram-production",
    }  # fmt: skip


def test_workflow_steps_may_write_nothing_in_an_environment():
    for role in rendered("kvm", None):
        if role.kind == "Role" and role.name.endswith("-observer"):
            for rule in role.data["rules"]:
                assert set(rule["verbs"]) <= {"get", "list", "watch"}
                assert "secrets" not in rule["resources"]


def test_no_right_is_given_to_everything():
    for role in rendered("kvm", None):
        for rule in role.data.get("rules") or []:
            for part in ("apiGroups", "resources", "verbs"):
                assert "*" not in rule[part]


def test_the_facts_of_a_cluster_are_one_config_map():
    objects = rendered("kvm", None, "workflows.facts.GOURMET_GITOPS=https://git.example/gitops")

    facts = only(objects, "ConfigMap")
    assert facts["metadata"]["labels"]["workflows.argoproj.io/configmap-type"] == "Parameter"
    assert facts["data"]["GOURMET_GITOPS"] == "https://git.example/gitops"
    assert facts["data"]["MLFLOW_TRACKING_URI"] == "http://mlflow.gourmetgram-platform.svc:5000"
    assert facts["data"]["STAGING_URL"] == "http://gourmetgram-app.gourmetgram-staging.svc:80"
    assert "GOURMET_SOURCE" not in facts["data"]


def test_an_address_of_one_deployment_stands_in_no_file_of_the_charts():
    address = re.compile(r"(?<![\d.])(?!127\.0\.0\.1|0\.0\.0\.0)\d{1,3}(\.\d{1,3}){3}(?![\d.])")
    for file in values.HERE.rglob("*.yaml"):
        assert not address.search(file.read_text(encoding="utf-8")), file
