"""Where artifacts come from and go to."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from workflows.runner.check.rules.fault import Fault, Place

Data = dict[str, Any]


def _has(*names: str) -> Callable[[Data], bool]:
    return lambda data: all(data.get(name) for name in names)


#: In Argo's order: the first that is there counts. What it needs, and what its key is.
KINDS: dict[str, tuple[Callable[[Data], bool], Callable[[Data], str]]] = {
    "artifactory": (_has("url", "usernameSecret"), lambda d: urlsplit(d.get("url") or "").path),
    "azure": (_has("endpoint", "container", "blob"), lambda d: d.get("blob") or ""),
    "git": (_has("repo"), lambda _: ""),
    "gcs": (_has("bucket", "key"), lambda d: d.get("key") or ""),
    "hdfs": (_has("addresses"), lambda d: d.get("path") or ""),
    "http": (_has("url"), lambda d: urlsplit(d.get("url") or "").path),
    "oss": (_has("bucket", "endpoint", "key"), lambda d: d.get("key") or ""),
    "raw": (lambda _: True, lambda _: ""),
    "s3": (_has("endpoint", "bucket", "key"), lambda d: d.get("key") or ""),
    "plugin": (_has("name", "configuration", "key"), lambda d: d.get("key") or ""),
}


def has_location_or_key(artifact: Data) -> bool:
    """Say whether an artifact names where it is stored, at least by key."""
    for kind, (is_whole, key) in KINDS.items():
        if (data := artifact.get(kind)) is not None:
            return is_whole(data) or bool(key(data))
    return False


def check_location(prefix: str, artifact: Data, place: Place) -> None:
    """Demand what a location cannot be without."""
    git = artifact.get("git")
    if git is not None and not git.get("repo"):
        raise Fault(f"{prefix}.git.repo is required", place / "git")
    hdfs = artifact.get("hdfs")
    if hdfs is not None and (problem := _hdfs_problem(hdfs, f"{prefix}.hdfs")):
        raise Fault(problem, place / "hdfs")


def _hdfs_problem(hdfs: Data, at: str) -> str | None:
    path = hdfs.get("path") or ""
    keytab, cache = hdfs.get("krbKeytabSecret"), hdfs.get("krbCCacheSecret")
    has = _has("krbServicePrincipalName", "krbConfigConfigMap")
    if not hdfs.get("addresses"):
        return f"{at}.addresses is required"
    if not path:
        return f"{at}.path is required"
    if not path.startswith("/"):
        return f"{at}.path must be a absolute file path"
    if not (hdfs.get("hdfsUser") or keytab or cache):
        return f"either {at}.hdfsUser, {at}.krbCCacheSecret or {at}.krbKeytabSecret is required"
    if keytab and not (has(hdfs) and _has("krbUsername", "krbRealm")(hdfs)):
        return (
            f"{at}.krbServicePrincipalName, {at}.krbConfigConfigMap, {at}.krbUsername and "
            f"{at}.krbRealm are required with {at}.krbKeytabSecret"
        )
    if cache and not has(hdfs):
        return (
            f"{at}.krbServicePrincipalName and {at}.krbConfigConfigMap are required with "
            f"{at}.krbCCacheSecret"
        )
    return None


def path_problem(artifact: Data) -> str | None:
    """Judge the path of a leaf's artifact: there, and without a way out by `..`."""
    path, name = artifact.get("path") or "", artifact.get("name")
    if not path:
        return f"Artifact '{name}' did not specify a path"
    if "/../" in path:
        safe = path.partition("/../")[0]
    elif path.endswith("/.."):
        safe = path[:-3]
    else:
        return None
    cleaned = _clean(path)
    if safe and (not cleaned.startswith(safe + "/") or len(cleaned) <= len(safe) + 1):
        return (
            f"Artifact '{name}' attempted to use a path containing '..'. "
            "Directory traversal is not permitted"
        )
    return None


def _clean(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part == ".." and path.startswith("/"):
            continue
        elif part not in ("", "."):
            parts.append(part)
    return ("/" if path.startswith("/") else "") + "/".join(parts)
