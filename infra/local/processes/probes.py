"""Probes of replicas: what a manifest asks, and asking it without holding up the agent."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local.ports import LOOPBACK

EAGER = 0.1  # seconds between two questions while a replica has never been ready
EAGER_EXEC = 0.5  # the same, where each question is a process


@dataclass(frozen=True)
class Probe:
    """One probe of a container, with Kubernetes' defaults."""

    ask: Mapping[str, Any]
    delay: float = 0
    period: float = 10
    timeout: float = 1
    successes: int = 1
    failures: int = 3

    @property
    def patience(self) -> float:
        """How long it may fail after the start before that counts."""
        return self.delay + self.period * self.failures


def read(container: Mapping[str, Any], name: str) -> Probe | None:
    """Read a probe of a container, or None when it has none."""
    text = container.get(name)
    if not text:
        return None
    return Probe(
        {kind: text[kind] for kind in ("httpGet", "tcpSocket", "exec") if text.get(kind)},
        text.get("initialDelaySeconds", 0),
        text.get("periodSeconds") or 10,
        text.get("timeoutSeconds") or 1,
        text.get("successThreshold") or 1,
        text.get("failureThreshold") or 3,
    )


@dataclass(frozen=True)
class Target:
    """What a probe is asked of."""

    ports: Mapping[int | str, int]
    env: Mapping[str, str]
    cwd: Path


def ask(probe: Probe, target: Target) -> str:
    """Ask once; return "" when it is well, else what is wrong."""
    for kind, body in probe.ask.items():
        return ASK[kind](body, target, probe.timeout)
    return ""


def _http(body: Mapping[str, Any], target: Target, timeout: float) -> str:
    port = target.ports.get(body["port"])
    if port is None:
        return f"the probe names port {body['port']}, which the container has not"
    path = body.get("path") or "/"
    headers = {header["name"]: header["value"] for header in body.get("httpHeaders") or []}
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout)
    with contextlib.closing(connection):
        try:
            connection.request("GET", path, headers={"User-Agent": "kube-probe/local", **headers})
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            return f"{path} does not answer ({error or type(error).__name__})"
        return "" if 200 <= answer.status < 400 else f"{path} answers {answer.status}"


def _tcp(body: Mapping[str, Any], target: Target, timeout: float) -> str:
    port = target.ports.get(body["port"])
    if port is None:
        return f"the probe names port {body['port']}, which the container has not"
    try:
        socket.create_connection((LOOPBACK, port), timeout).close()
    except OSError as error:
        return f"port {body['port']} takes no connection ({error})"
    return ""


def _exec(body: Mapping[str, Any], target: Target, timeout: float) -> str:
    command = list(body.get("command") or [])
    try:
        process = subprocess.Popen(
            command,
            env=dict(target.env),
            cwd=target.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        return f"{command[0]} cannot be started ({error.strerror})"
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"{command[0]} took longer than {timeout:g} s"
    return "" if code == 0 else f"{command[0]} exits {code}"


ASK = {"httpGet": _http, "tcpSocket": _tcp, "exec": _exec}


@dataclass
class Watch:
    """The state of one probe of one running replica."""

    probe: Probe
    started: float
    well: bool | None = None
    why: str = ""
    next_at: float = 0
    run_of: int = 0  # how many same answers came in a row
    last: bool | None = None
    pending: "Future[str] | None" = field(default=None, repr=False)

    def tick(self, pool: ThreadPoolExecutor, target: Target, now: float) -> None:
        """Take an answer that has come, and ask again when it is time."""
        if self.pending and self.pending.done():
            self.take(self.pending.result(), now)
            self.pending = None
        if self.pending is None and now >= max(self.next_at, self.started + self.probe.delay):
            self.pending = pool.submit(ask, self.probe, target)

    def take(self, why: str, now: float) -> None:
        """Judge one answer: it takes several in a row to change one's mind."""
        good = not why
        self.run_of = self.run_of + 1 if good is self.last else 1
        self.last = good
        self.why = why
        if good and self.run_of >= self.probe.successes:
            self.well = True
        young = self.well is None
        if not good and (
            now - self.started >= self.probe.patience
            if young
            else self.run_of >= self.probe.failures
        ):
            self.well = False
        eager = min(EAGER_EXEC if "exec" in self.probe.ask else EAGER, self.probe.period)
        self.next_at = now + (eager if self.well is None else self.probe.period)
