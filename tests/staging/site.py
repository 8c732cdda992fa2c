"""What the site says of the replicas behind an address, and why they do not answer."""

import json
import time
import urllib.request
from typing import Any

APP = "gourmetgram-app"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
DEADLINE, MOMENT = 10.0, 5.0
ENDED = ("CrashLoopBackOff", "Error")


class SilentError(Exception):
    """The site's API says nothing that can be read."""


def deployment(site_api: str, namespace: str) -> dict[str, Any] | None:
    """Return the app as the site sees it, or None where nothing runs.

    Raises:
        SilentError: the site does not answer.
    """
    address = f"{site_api.rstrip('/')}/v1/status"
    try:
        with OPENER.open(address, timeout=DEADLINE) as answer:
            status = json.load(answer)
        found: dict[str, Any] | None = (
            status["namespaces"].get(namespace, {}).get("deployments", {}).get(APP)
        )
    except (OSError, ValueError, KeyError, AttributeError) as error:
        reason = getattr(error, "reason", error)
        raise SilentError(f"the site does not say what runs ({address}: {reason})") from None
    return found


def trouble(site_api: str, namespace: str) -> str:
    """Say why the app does not answer: out of memory, a crash loop, or not ready.

    The site may need a moment to notice how a process ended.
    """
    end = time.monotonic() + MOMENT
    while True:
        try:
            found = deployment(site_api, namespace)
        except SilentError:
            return ""
        if found is None:
            return f"nothing runs in {namespace}"
        if reason := out_of_memory(found) or crash_loop(found):
            return reason
        if time.monotonic() > end:
            return not_ready(found)
        time.sleep(0.2)


def out_of_memory(found: dict[str, Any]) -> str:
    """Say whose process was killed at its limit, also if it was started again since."""
    killed = [
        f"{r['name']} was killed at its limit{_limit(r)}"
        for r in found["replicas"]
        if "OOMKilled" in (r["reason"], r.get("lastReason"))
    ]
    return f"out of memory: {', '.join(killed)}" if killed else ""


def crash_loop(found: dict[str, Any], restarts: int = 0) -> str:
    """Say whose process ends again and again, with its last words."""
    ended = [
        f"{r['name']} ended {r['restarts']} times" + (f" ({r['reason']})" if r["reason"] else "")
        for r in found["replicas"]
        if r["restarts"] > restarts or (r["reason"] in ENDED and not r["ready"])
    ]
    lines = str(found.get("message") or "").strip().splitlines()
    words = f", with the words: {lines[-1].strip()}" if ended and len(lines) > 1 else ""
    return f"crash loop: {', '.join(ended)}{words}" if ended else ""


def not_ready(found: dict[str, Any]) -> str:
    """Say which replicas do not answer yet."""
    bad = [r for r in found["replicas"] if not r["ready"]]
    told = [f"{r['name']} is {r['state']} {r['reason']}".rstrip() for r in bad]
    return f"not ready: {', '.join(told)}" if told else ""


def _limit(replica: dict[str, Any]) -> str:
    limit = replica.get("memoryLimit")
    return f" of {limit / 2**20:.0f} MiB" if limit else ""
