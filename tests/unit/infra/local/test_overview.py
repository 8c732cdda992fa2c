"""Who lies: Git, replicas, registry and gateway held against one another."""

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from rich.console import Console

from infra.local.errors import NotRunningError
from infra.local.ports import Block
from infra.local.site import ENVIRONMENTS, MLFLOW, new
from infra.local.state import State
from infra.local.view import board, overview, registry

DIGEST = "sha256:" + "1" * 64
OTHER = "sha256:" + "2" * 64


@contextmanager
def serving(answers, port=0):
    """Serve JSON by path; what is not there is 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            code, body = answers.get(self.path, (404, {}))
            text = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Ports(Block):
    """A block whose gateway is a server that runs already."""

    traefik: int = 0

    @property
    def gateway_api(self):
        return self.traefik


def version(number, digest=DIGEST, commit="c" * 40):
    return {"/version": (200, {"version": number, "digest": digest, "commit": commit})}


def replica(port, **changes):
    url = f"http://127.0.0.1:{port}"
    return {"name": f"r-{port}", "url": url, "ready": True, "retiring": False, **changes}


def agent(replicas, health="Healthy", message="", error=None, weights=(90, 10)):
    deployment = {
        "health": health,
        "message": message,
        "image": f"registry.local/gourmetgram-app@{DIGEST}",
        "replicas": replicas,
    }
    held = {"deployments": {"gourmetgram-app": deployment}, "services": {}}
    backends = [
        {"namespace": f"gourmetgram-{name}", "service": "gourmetgram-app", "weight": weight}
        for name, weight in zip(("production", "canary"), weights, strict=True)
    ]
    status = {
        "namespaces": {f"gourmetgram-{name}": held for name in ENVIRONMENTS},
        "routes": [{"name": "r", "backends": backends}],
        "error": error,
    }
    return {"/v1/status": (200, status)}


def aliases(**named):
    listed = [{"alias": name, "version": str(number)} for name, number in named.items()]
    return {
        registry.PATH + "GourmetGramFood11Model": (200, {"registered_model": {"aliases": listed}})
    }


@contextmanager
def site(tmp_path, status, mlflow, gateway=(200, {})):
    with (
        serving(status) as api,
        serving(mlflow) as tracking,
        serving({"/api/version": gateway}) as traefik,
    ):
        block = Ports(api - 1, traefik)
        made = new(State(tmp_path), block)
        made.slots[MLFLOW] = tracking - block.base
        yield made


def all_at(number):
    return aliases(staging=number, canary=number, production=number)


def test_when_all_agree_there_is_no_problem(tmp_path):
    with (
        serving(version(7)) as port,
        site(tmp_path, agent([replica(port)]), all_at(7)) as here,
    ):
        found = overview.look(here)

    assert [row.problems for row in found.environments] == [(), (), ()]
    assert found.as_json()["environments"][1] == {
        "name": "canary",
        "version": 7,
        "digest": DIGEST,
        "alias": 7,
        "commit": "c" * 40,
        "health": "Healthy",
        "traffic": 0.1,
        "url": here.slot_url("gourmetgram-canary/gourmetgram-app"),
        "problems": [],
        "in_progress": None,
    }
    assert set(found.as_json()) == {"site", "environments", "addresses"}
    assert set(found.addresses) == {"gateway", "app", "mlflow"}


def problems(tmp_path, status, mlflow):
    with site(tmp_path, status, mlflow) as here:
        return overview.look(here).environments[0].problems


def test_an_alias_that_lies_is_named_with_what_serves(tmp_path):
    with serving(version(7)) as port:
        (problem,) = problems(tmp_path, agent([replica(port)]), all_at(8))

    assert problem.startswith("the alias staging names version 8, and what serves is version 7.")


def test_a_version_without_its_alias_is_named(tmp_path):
    with serving(version(7)) as port:
        (problem,) = problems(tmp_path, agent([replica(port)]), aliases())

    assert problem.startswith("version 7 serves in staging and the alias staging names none.")


def test_the_bootstrap_release_needs_no_alias(tmp_path):
    not_found = (404, {"error_code": "RESOURCE_DOES_NOT_EXIST"})
    mlflow = {registry.PATH + "GourmetGramFood11Model": not_found}
    with serving(version(None)) as port:
        assert problems(tmp_path, agent([replica(port)]), mlflow) == ()


def test_replicas_that_differ_are_named_and_no_version_is_claimed(tmp_path):
    with serving(version(7)) as one, serving(version(8, OTHER)) as two:
        status = agent([replica(one), replica(two)])
        with site(tmp_path, status, all_at(7)) as here:
            row = overview.look(here).environments[0]

    assert (row.version, row.digest) == (None, None)
    assert "the replicas of staging answer with different versions: 7 and 8" in row.problems
    assert any(f"Git says staging is {DIGEST}, and replica r-{two}" in p for p in row.problems)


def test_a_replica_that_is_leaving_is_not_asked_for_the_truth(tmp_path):
    with serving(version(7)) as one, serving(version(6, OTHER)) as two:
        status = agent([replica(one), replica(two, retiring=True)])

        assert problems(tmp_path, status, all_at(7)) == ()


def test_a_refused_commit_and_a_bad_health_are_told_with_the_command_that_helps(tmp_path):
    with serving(version(7)) as port:
        status = agent([replica(port)], "Degraded", "CrashLoopBackOff: it exited.", "x: is bad")
        found = problems(tmp_path, status, all_at(7))

    assert found[0].startswith("Git's newest commit is refused, and what ran before goes on: x:")
    assert found[1] == (
        "staging is Degraded: CrashLoopBackOff: it exited. Read on: ./run invoke logs staging"
    )


def test_a_registry_that_is_down_is_told_and_no_alias_is_made_up(tmp_path):
    with serving(version(7)) as port, serving({}) as closed:
        pass
    with serving(version(7)) as port, site(tmp_path, agent([replica(port)]), {}) as here:
        here.slots[MLFLOW] = closed - here.ports.base
        row = overview.look(here).environments[0]

    assert row.alias is None
    assert row.problems == (
        f"MLflow does not answer at http://127.0.0.1:{closed}, "
        "so aliases are unknown: ./run invoke logs mlflow",
    )


def test_a_stranger_on_the_registrys_port_is_no_registry(tmp_path):
    stranger = {registry.PATH + "GourmetGramFood11Model": (200, {"hello": "world"})}
    with serving(version(7)) as port:
        (problem,) = problems(tmp_path, agent([replica(port)]), stranger)

    assert problem.startswith("MLflow does not answer at ")


def test_a_gateway_that_is_down_is_told_and_nobody_gets_traffic(tmp_path):
    with (
        serving(version(7)) as port,
        site(tmp_path, agent([replica(port)]), all_at(7), gateway=(503, {})) as here,
    ):
        found = overview.look(here)

    assert [row.traffic for row in found.environments] == [0, 0, 0]
    assert all("the gateway does not answer" in row.problems[-1] for row in found.environments)


def test_traffic_is_what_the_gateway_hands_out_now():
    weights = [("production", 90), ("canary", 10)]
    route = {
        "backends": [
            {"namespace": name, "service": "gourmetgram-app", "weight": weight}
            for name, weight in weights
        ]
    }

    assert overview.traffic([route], {"production", "canary"}) == {"production": 0.9, "canary": 0.1}
    assert overview.traffic([route], {"production"}) == {"production": 1.0, "canary": 0.0}
    assert overview.traffic([route], set()) == {"production": 0.0, "canary": 0.0}


def test_a_site_that_is_down_says_how_to_start_it(tmp_path):
    with serving({}) as closed:
        pass

    with pytest.raises(NotRunningError, match=r"not running\. Start it: \./run invoke up"):
        overview.look(new(State(tmp_path), Block(closed - 1)))


def test_a_person_sees_each_problem_once_and_every_address(tmp_path):
    with (
        serving(version(7)) as port,
        site(tmp_path, agent([replica(port)], error="x: is bad"), all_at(7)) as here,
    ):
        console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
        board.show(overview.look(here), console)
        console.file.close()
    text = console.export_text()

    assert text.count("Git's newest commit is refused") == 1
    assert text.count("111111111111") == 3
    assert f"mlflow   http://127.0.0.1:{here.slots[MLFLOW] + here.ports.base}" in text
