"""How many steps have processes at once: enough to be quick, never more than was asked."""

import socket
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import Any

from tests.workflows import running

HEAD = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: many}
spec:
  entrypoint: main
"""
FAN = """
  templates:
  - name: main
    steps:
    - - {name: s, template: leaf, withSequence: {count: "6"}}
  - name: leaf
    container: {image: x, command: [sleep, "0.2"]}
"""
MEETING = """
  templates:
  - name: main
    steps:
    - - {{name: s, template: leaf, withSequence: {{count: "6"}}}}
  - name: leaf
    activeDeadlineSeconds: 60
    script:
      image: x
      command: [python3]
      source: |
        import socket
        assert socket.create_connection(("127.0.0.1", {port})).recv(1)
"""
DAEMONS = """
  templates:
  - name: main
    steps:
    - - {name: a, template: daemon}
      - {name: b, template: daemon}
    - - {name: s, template: leaf, withSequence: {count: "3"}}
  - name: daemon
    daemon: true
    container: {image: x, command: [sleep, "60"]}
  - name: leaf
    container: {image: x, command: ["true"]}
"""
SUSPENDED = """
  templates:
  - name: main
    steps:
    - - {name: wait, template: wait}
      - {name: s, template: leaf}
  - name: wait
    suspend: {duration: "1"}
  - name: leaf
    container: {image: x, command: ["true"]}
"""
ENDED = """
  activeDeadlineSeconds: 1
  templates:
  - name: main
    steps:
    - - {name: s, template: leaf, withSequence: {count: "6"}}
  - name: leaf
    container: {image: x, command: [sleep, "60"]}
"""


def _run(spec: str, folder: Path, processes: int) -> Mapping[str, Any]:
    file = folder / "workflow.yaml"
    file.write_text(HEAD + spec, encoding="utf-8")
    (done,) = running.run([file], folder, processes=processes)
    return done


def _pods(done: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [node for node in done["status"]["nodes"].values() if node["type"] == "Pod"]


def test_no_more_processes_than_asked_run_at_once(tmp_path: Path) -> None:
    began = time.monotonic()

    done = _run(FAN, tmp_path, processes=2)

    assert done["status"]["phase"] == "Succeeded"
    assert time.monotonic() - began >= 0.6


def test_steps_run_at_once_where_there_is_place(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        meeting = Thread(target=_greet_together, args=(server, 6))
        meeting.start()
        done = _run(MEETING.format(port=server.getsockname()[1]), tmp_path, processes=6)
        meeting.join()

    assert done["status"]["phase"] == "Succeeded"


def _greet_together(server: socket.socket, number: int) -> None:
    """Greet so many at once, when all of them are there."""
    with ExitStack() as guests:
        there = [guests.enter_context(server.accept()[0]) for _ in range(number)]
        for guest in there:
            guest.sendall(b"!")


def test_daemons_that_are_ready_take_no_place(tmp_path: Path) -> None:
    assert _run(DAEMONS, tmp_path, processes=1)["status"]["phase"] == "Succeeded"


def test_what_is_suspended_takes_no_place(tmp_path: Path) -> None:
    assert _run(SUSPENDED, tmp_path, processes=1)["status"]["phase"] == "Succeeded"


def test_what_waits_for_a_place_ends_with_its_run(tmp_path: Path) -> None:
    began = time.monotonic()

    done = _run(ENDED, tmp_path, processes=2)

    assert time.monotonic() - began < 10
    assert {node["phase"] for node in _pods(done)} == {"Failed"}
    assert {node["message"] for node in _pods(done)} == {"Step exceeded its deadline"}
