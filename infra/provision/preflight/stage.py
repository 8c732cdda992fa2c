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
from infra.provision.preflight.findings import Finding
from infra.provision.setting import Setting, Tell


def inputs(setting: Setting, _results: Mapping[str, Any]) -> dict[str, Any]:
    """What preflight judges."""
    return {"site": setting.site.name, "openstack": setting.site.openstack}


def run(setting: Setting, _results: Mapping[str, Any], tell: Tell, log: Path) -> dict[str, Any]:
    """Judge this machine, and then the cloud.

    Raises:
        FindingsError: something must be mended first; all of it is named.
    """
    found = offline.look(setting, os.environ)
    if setting.site.kind == "openstack" and not any(finding.bad for finding in found):
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
    pools = lease.pools(setting)
    clouds = [setting.openstack["cloud"], *(pool.cloud for pool in pools.values())]
    if gpu := setting.openstack.get("gpu"):
        clouds.append(gpu["cloud"])
    with ThreadPoolExecutor(6) as pool:
        asked = {name: pool.submit(_facts, setting, name) for name in dict.fromkeys(clouds)}
        leased = {name: pool.submit(_leased, setting, each) for name, each in pools.items()}
        answers = {name: future.result() for name, future in asked.items()}
        leases = {name: future.result() for name, future in leased.items()}
    silent = {name: answer for name, answer in answers.items() if isinstance(answer, CloudError)}
    for name, error in silent.items():
        yield Finding(
            f"cloud {name}",
            f"{error.what}. Is its entry in {setting.clouds_file} right, and has it expired?",
        )
    if not silent:
        yield from _judged(setting, answers, leases)


def _judged(
    setting: Setting, answers: Mapping[str, Any], leases: Mapping[str, Mapping[str, Any] | None]
) -> Iterator[Finding]:
    given, now, pools = setting.openstack, datetime.now(UTC), lease.pools(setting)
    made = answers[given["cloud"]]
    key = offline.public_key(setting)
    where = {lease.NODES: given["cloud"], lease.GPU: given.get("gpu", {}).get("cloud", "")}
    ends = set()
    for name, pool in pools.items():
        found, cloud = leases[name], where[name]
        until = (
            datetime.fromisoformat(found["ends"]) if found else now + timedelta(hours=pool.hours)
        )
        ends.add(until)
        yield from online.projects(answers[pool.cloud], answers[cloud])
        yield from online.remaining(found, now, long=setting.goes_through("kubespray"))
    for cloud in dict.fromkeys(filter(None, where.values())):
        yield from online.credential(answers[cloud], cloud, max(ends), now)
    ours = (setting.folder / "terraform").exists()
    yield from online.judge(setting, made, ours, key)
    if gpu := given.get("gpu"):
        yield from online.judge_pool(setting, answers[gpu["cloud"]], key)


def _leased(setting: Setting, pool: lease.Pool) -> dict[str, Any] | None:
    try:
        return lease.find(setting, pool)
    except CloudError:
        return None  # the facts of the same cloud say what is wrong


def _facts(setting: Setting, cloud: str) -> Any:
    words = {"key_pair": setting.openstack["key_pair"], "suffix": setting.suffix}
    try:
        return asking.ask(setting.clouds_file, cloud, "facts", **words)
    except CloudError as error:
        return error
