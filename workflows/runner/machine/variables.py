"""The environment variables of a container."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from workflows.runner.errors import PodFault
from workflows.runner.language.manifest import any_string
from workflows.runner.machine.volumes import data_of
from workflows.runner.model.library import Library, MissingObjectError

_PASSED_ON = (
    "PATH", "HOME", "USER", "LOGNAME", "GOURMET_PERSON", "LANG", "LC_ALL", "TZ", "XDG_CACHE_HOME",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL",
)  # fmt: skip
_REFERENCE = re.compile(r"\$(\$)?\(([A-Za-z_.][A-Za-z0-9_.-]*)\)")


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """Give what a container sees of this machine's own variables: never its secrets."""
    return {name: environment[name] for name in _PASSED_ON if name in environment}


def expand(text: str, env: Mapping[str, str]) -> str:
    """Put the values of `$(NAME)` in, as Kubernetes does; `$$(NAME)` stays `$(NAME)`."""
    if "$(" not in text:
        return text

    def value(match: re.Match[str]) -> str:
        if match[1]:
            return f"$({match[2]})"
        return env.get(match[2], match[0])

    return _REFERENCE.sub(value, text)


class Variables:
    """Works out `env` and `envFrom` of containers of one pod."""

    def __init__(self, library: Library, fields: Mapping[str, str]) -> None:
        self.library = library
        self.fields = fields

    def of(self, container: Mapping[str, Any]) -> dict[str, str]:
        """Give the variables that a container declares.

        Raises:
            PodFault: a value refers to something that is not there.
        """
        env: dict[str, str] = {}
        for source in container.get("envFrom") or ():
            env.update(self._whole(source))
        for item in container.get("env") or ():
            value = self._value(item)
            if value is not None:
                env[item["name"]] = expand(value, env)
        return env

    def _whole(self, source: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        prefix = source.get("prefix") or ""
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            reference = source.get(field)
            if not reference:
                continue
            try:
                data = data_of(self.library.get(kind, reference["name"]))
            except MissingObjectError as error:
                if reference.get("optional"):
                    continue
                raise PodFault(f"envFrom: {error}: put it in a file beside it") from error
            for key, value in data.items():
                yield prefix + key, value.decode()

    def _value(self, item: Mapping[str, Any]) -> str | None:
        source = item.get("valueFrom")
        if not source:
            return any_string(item.get("value")) or ""
        for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            if source.get(field):
                return self._key(kind, source[field], item["name"])
        if source.get("fieldRef"):
            return self.fields.get(source["fieldRef"]["fieldPath"], "")
        return "0"

    def _key(self, kind: str, reference: Mapping[str, Any], variable: str) -> str | None:
        try:
            data = data_of(self.library.get(kind, reference["name"]))
            return data[reference["key"]].decode()
        except (MissingObjectError, KeyError) as error:
            if reference.get("optional"):
                return None
            raise PodFault(
                f"env {variable}: couldn't find key {reference['key']} in {kind} "
                f"{reference['name']}: put it in a file beside the workflow"
            ) from error
