"""Waiting, being refused, and going away: a real server with a really slow model."""

import asyncio
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from services.classifier.errors import BusyError
from services.classifier.waiting import Line
from tests.services.classifier.networks import replace_network, slow_network
from tests.services.classifier.photos import saved, scene
from tests.services.classifier.process import Server, baked

PHOTO = saved(scene())


@pytest.fixture(scope="module")
def slow_model(tmp_path_factory):
    folder = baked(tmp_path_factory.mktemp("slow") / "model")
    replace_network(folder, slow_network(10))
    return folder


def answers_of(server, number):
    """Send many photos at once; return the answers and how long each took."""

    def send(_):
        start = time.monotonic()
        return server.predict(PHOTO), time.monotonic() - start

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(send, range(number)))


def wait_until_photos_wait(server):
    end = time.monotonic() + 20
    while server.metric("classifier_waiting") < 2:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_who_would_wait_too_long_is_told_when_to_come_back(slow_model):
    with Server(slow_model, DEADLINE_SECONDS=1) as server:
        answers = answers_of(server, 100)
        refused = [answer for answer, _ in answers if answer.status_code == 503]
        served = [answer for answer, _ in answers if answer.status_code == 200]
        counted = 'classifier_requests_total{path="/predict",status="503",version="7"}'

        assert served
        assert refused
        assert len(served) + len(refused) == 100
        assert all(answer.headers["retry-after"] == "1" for answer in refused)
        assert "wait longer than 1 s" in refused[0].json()["detail"]
        assert max(took for _, took in answers) < 15  # and not 100 times what one takes
        assert server.metric(counted) == len(refused)
        assert server.predict(PHOTO).status_code == 200


def test_other_pages_answer_at_once_while_photos_wait(slow_model):
    with Server(slow_model) as server, ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(server.predict, PHOTO) for _ in range(8)]
        wait_until_photos_wait(server)
        before = [answer for answer in waiting if not answer.done()]
        server.get("/healthz")
        still = [answer for answer in before if not answer.done()]

        # However slow the machine: in the line, the page would have waited for all of them.
        assert len(still) >= len(before) / 2


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_what_runs_is_finished_before_the_server_goes(slow_model, sign):
    with Server(slow_model, DEADLINE_SECONDS=30) as server, ThreadPoolExecutor(8) as pool:
        running = [pool.submit(server.predict, PHOTO) for _ in range(8)]
        wait_until_photos_wait(server)
        server.process.send_signal(sign)

        assert [answer.result().status_code for answer in running] == [200] * 8
        assert server.process.wait(30) == (0 if sign == signal.SIGTERM else 130)


def test_it_says_that_it_is_going_before_it_stops_answering(tmp_path):
    with Server(baked(tmp_path / "model"), DRAIN_SECONDS=2) as server, httpx.Client() as client:
        assert client.get(f"{server.url}/readyz").status_code == 200
        start = time.monotonic()
        server.process.terminate()
        while (ready := client.get(f"{server.url}/readyz")).status_code == 200:
            time.sleep(0.01)

        assert ready.json() == {"detail": "This server is going away: ask another one."}
        assert ready.headers["connection"] == "close"
        assert server.predict(PHOTO).status_code == 200
        assert server.get("/healthz").status_code == 200
        assert server.process.wait(30) == 0
        assert 1.9 < time.monotonic() - start < 10


def test_no_request_is_lost_while_a_server_is_told_to_go(tmp_path):
    with Server(baked(tmp_path / "model"), DRAIN_SECONDS=1) as server, httpx.Client() as client:
        statuses = []
        server.process.terminate()
        end = time.monotonic() + 0.8
        while time.monotonic() < end:
            statuses.append(client.get(f"{server.url}/version").status_code)

    assert set(statuses) == {200}
    assert len(statuses) > 20


def test_a_call_that_nobody_waits_for_keeps_its_turn_until_it_is_done():
    async def scene() -> tuple[list[str], bool]:
        line, done = Line(workers=1, deadline=5), []
        first = asyncio.create_task(line.run(lambda: time.sleep(0.2) or done.append("first")))
        await asyncio.sleep(0.05)
        first.cancel()
        await line.run(lambda: done.append("second"))
        return done, first.cancelled()

    assert asyncio.run(scene()) == (["first", "second"], True)


def test_a_hopeless_wait_is_refused_at_once():
    async def scene() -> float:
        line = Line(workers=1, deadline=0.3)
        for _ in range(8):  # it learns that a call takes 0.2 s
            await line.run(lambda: time.sleep(0.2))
        tasks = [asyncio.create_task(line.run(lambda: time.sleep(0.2))) for _ in range(3)]
        await asyncio.sleep(0.01)
        start = time.monotonic()
        with pytest.raises(BusyError):
            await line.run(lambda: None)
        took = time.monotonic() - start
        await asyncio.gather(*tasks, return_exceptions=True)
        return took

    assert asyncio.run(scene()) < 0.05
