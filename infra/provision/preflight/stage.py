"""Say at once everything that would stop a later stage."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.provision.cloud import asking, lease
from infra.provision.errors import CloudError, FindingsError
from infra.provision.preflight import offline, online
from infra.provision.preflight.offline import Finding
from infra.provision.setting import Setting, Tell


def inputs(setting: Setting, _results: Mapping[str, Any]) -> dict[str, Any]:
    """What preflight judges."""
    return {"site": setting.site.name, "openstack": setting.openstack}


def run(setting: Setting, _results: Mapping[str, Any], tell: Tell, log: Path) -> dict[str, Any]:
    """Judge this machine, and then the cloud.

    Raises:
        FindingsError: something must be mended first; all of it is named.
    """
    found = offline.look(setting, os.environ)
    if not any(finding.bad for finding in found):
        tell("this machine is fit; asking the cloud")
        found += list(_cloud(setting))
    log.write_text("".join(f"{finding}\n" for finding in found), encoding="utf-8")
    for finding in found:
        if not finding.bad:
            tell(str(finding))
    if bad := [str(finding) for finding in found if finding.bad]:
        raise FindingsError(bad)
    return {}


def _cloud(setting: Setting) -> Iterator[Finding]:
    given = setting.openstack
    clouds = list(dict.fromkeys([given["cloud"], given["lease_cloud"]]))
    with ThreadPoolExecutor(3) as pool:
        asked = {name: pool.submit(_facts, setting, name) for name in clouds}
        leased = pool.submit(_leased, setting)
        answers = {name: future.result() for name, future in asked.items()}
    silent = {name: answer for name, answer in answers.items() if isinstance(answer, CloudError)}
    for name, error in silent.items():
        yield Finding(
            f"cloud {name}",
            f"{error.what}. Is its entry in {setting.clouds_file} right, and has it expired?",
        )
    if silent:
        return
    yield from _judged(setting, answers, leased.result())


def _judged(
    setting: Setting, answers: Mapping[str, Any], leased: Mapping[str, Any] | None
) -> Iterator[Finding]:
    given, now = setting.openstack, datetime.now(UTC)
    made = answers[given["cloud"]]
    hours = timedelta(hours=given.get("lease_hours", lease.HOURS))
    until = datetime.fromisoformat(leased["ends"]) if leased else now + hours
    yield from online.projects(answers[given["lease_cloud"]], made)
    yield from online.credential(made, given["cloud"], until, now)
    yield from online.remaining(leased, now)
    ours = (setting.folder / "terraform").exists()
    yield from online.judge(setting, made, ours, offline.public_key(setting))


def _leased(setting: Setting) -> dict[str, Any] | None:
    try:
        return lease.find(setting, lease.pools(setting)[lease.NODES])
    except CloudError:
        return None  # the facts of the same cloud say what is wrong


def _facts(setting: Setting, cloud: str) -> Any:
    try:
        return asking.ask(
            setting.clouds_file, cloud, "facts", key_pair=setting.openstack["key_pair"]
        )
    except CloudError as error:
        return error
