"""What Git says is what serves: configuration, addresses, shares of traffic."""

import collections
import http.client
import json
import math
import urllib.request

from infra.local.view import client
from tests.local.conftest import app, route
from tests.waiting import until


def ask(url, path="/version"):
    with urllib.request.urlopen(url + path, timeout=5) as answer:
        return json.load(answer)


def test_a_commit_serves_and_the_push_says_so(bench):
    image = bench.image(VERSION="3")

    revision = bench.commit({"environments/staging/app.yaml": app(image)})

    assert f"local site: applying {revision[:12]}" in bench.said
    assert bench.healthy(revision=revision)["image"] == image
    answer = ask(bench.url())
    assert (answer["version"], answer["digest"]) == (3, image.partition("@")[2])


def test_live_traffic_is_shared_by_the_weights_of_the_route(bench):
    files = {
        f"environments/{name}/app.yaml": app(bench.image(VERSION=version), name)
        for name, version in (("canary", "2"), ("production", "1"))
    }
    bench.commit({**files, "platform/route.yaml": route(90, 10)})
    bench.healthy("canary")
    bench.healthy("production")
    count, share = 2000, 0.1

    seen = collections.Counter()
    connection = http.client.HTTPConnection("127.0.0.1", bench.site.ports.gateway)
    for _ in range(count):
        connection.request("GET", "/version")
        seen[json.load(connection.getresponse())["version"]] += 1
    connection.close()

    band = 3.29 * math.sqrt(count * share * (1 - share))  # 99.9 % of binomial samples
    assert sum(seen.values()) == count
    assert abs(seen[2] - count * share) <= band


def test_a_backend_without_a_ready_replica_gets_no_traffic_while_another_has_one(bench):
    broken = app(bench.image(MODE="crash"), "canary")
    bench.commit({"environments/canary/app.yaml": None})
    bench.commit(
        {
            "environments/canary/app.yaml": broken,
            "environments/production/app.yaml": app(bench.image(VERSION="1"), "production"),
            "platform/route.yaml": route(50, 50),
        }
    )
    bench.healthy("production")
    bench.becomes("Degraded", "canary")

    codes = {client.request(bench.site.ports.gateway, "/version")[0] for _ in range(50)}

    assert codes == {200}


def test_environment_variables_come_from_where_the_manifest_says(bench):
    variables = [
        {"name": "PORT", "value": "8000"},
        {"name": "PLAIN", "value": "on $(PORT), $$(PORT), $(NOBODY)"},
        {"name": "FROM_MAP", "valueFrom": {"configMapKeyRef": {"name": "facts", "key": "one"}}},
        {"name": "FROM_SECRET", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "password"}}},
        {"name": "WHERE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        {"name": "LIMIT", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory"}}},
    ]
    container = {"env": variables, "envFrom": [{"prefix": "X_", "configMapRef": {"name": "facts"}}]}
    metadata = {"namespace": "gourmetgram-staging"}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"one": "1", "two": "2"}}
    secret = {"apiVersion": "v1", "kind": "Secret", "data": {"password": "aHVudGVyMg=="}}
    revision = bench.commit(
        {
            "environments/staging/app.yaml": app(bench.image(), container=container),
            "environments/staging/more.yaml": [
                {**config, "metadata": {**metadata, "name": "facts"}},
                {**secret, "metadata": {**metadata, "name": "keys"}},
            ],
        }
    )
    bench.healthy(revision=revision)

    env = ask(bench.url())["env"]

    assert env["PLAIN"] == f"on {env['PORT']}, $(PORT), $(NOBODY)"
    assert (env["FROM_MAP"], env["X_two"], env["FROM_SECRET"]) == ("1", "2", "hunter2")
    assert (env["WHERE"], env["LIMIT"]) == ("gourmetgram-staging", str(100 * 2**20))
    assert "HOSTNAME" not in env, "a replica gets nothing of the person's own environment"


def test_a_claim_is_a_folder_at_its_mount_path_and_outlives_the_release(bench):
    mounts = [{"name": "notes", "mountPath": "/var/lib/feedback"}]
    volumes = [{"name": "notes", "persistentVolumeClaim": {"claimName": "feedback"}}]

    def release(version):
        image = bench.image(VERSION=version)
        manifests = app(
            image,
            env={"FEEDBACK_DIR": "/var/lib/feedback"},
            container={"volumeMounts": mounts},
            pod={"volumes": volumes},
        )
        manifests[0]["spec"]["template"]["spec"]["containers"][0]["env"].append(
            {"name": "FEEDBACK_DIR", "value": "/var/lib/feedback"}
        )
        revision = bench.commit({"environments/staging/app.yaml": manifests})
        bench.healthy(revision=revision)

    release("4")
    folder = ask(bench.url(), "/note")["env"]["FEEDBACK_DIR"]
    release("5")

    note = bench.state.volumes / "gourmetgram-staging" / "feedback" / "note"
    assert note.read_text() == "kept"
    assert folder == str(note.parent)


def test_the_objects_folder_shows_deployments_with_their_status(bench):
    revision = bench.commit({"environments/staging/app.yaml": app(bench.image(), replicas=2)})
    bench.healthy(revision=revision)
    file = bench.state.objects / "deployment" / "gourmetgram-staging" / "gourmetgram-app.json"

    status = until(
        lambda: (found := json.loads(file.read_text())["status"])["readyReplicas"] == 2 and found
    )

    assert status["updatedReplicas"] == 2
    assert {c["type"]: c["status"] for c in status["conditions"]}["Available"] == "True"


def job(bench, name, script):
    command = ["python3", "-c", script]
    mounts = [{"name": "v", "mountPath": "/var/lib/job"}]
    container = {"name": "job", "image": bench.image("job"), "command": command}
    spec = {
        "containers": [{**container, "volumeMounts": mounts}],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": name}}],
        "restartPolicy": "Never",
    }
    manifest = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "gourmetgram-staging"},
        "spec": {"backoffLimit": 1, "template": {"spec": spec}},
    }
    bench.commit({f"environments/staging/{name}.yaml": [manifest]})
    file = bench.state.objects / "job" / "gourmetgram-staging" / f"{name}.json"
    ran = bench.state.volumes / "gourmetgram-staging" / name / "ran"

    def ended():
        status = json.loads(file.read_text())["status"] if file.exists() else {}
        return status if status.get("conditions") else None

    return until(ended), ran


def test_a_job_runs_once_and_its_end_is_known(bench):
    status, ran = job(bench, "once", "open('/var/lib/job/ran', 'a').write('x')")

    bench.commit({"environments/staging/note.yaml": "# another commit\n"})

    assert (status["succeeded"], status["conditions"][0]["type"]) == (1, "Complete")
    assert ran.read_text() == "x"


def test_a_job_that_fails_is_tried_again_as_often_as_it_allows(bench):
    status, ran = job(bench, "never", "open('/var/lib/job/ran', 'a').write('x'); exit(3)")

    assert (status["failed"], status["conditions"][0]["type"]) == (2, "Failed")
    assert status["conditions"][0]["message"] == (
        "BackoffLimitExceeded: Error: it exited with code 3"
    )
    assert ran.read_text() == "xx"
