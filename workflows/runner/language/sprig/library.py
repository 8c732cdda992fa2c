"""All of sprig's functions, by name."""

from collections.abc import Callable
from typing import Any

from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.exprlang.values import Function
from workflows.runner.language.sprig import (
    dates,
    dicts,
    encoding,
    lists,
    numeric,
    regexes,
    strings,
    versions,
)

# What would need a network, a password hash or certificates of its own.
_NOT_HERE = (
    "bcrypt", "htpasswd", "genPrivateKey", "derivePassword", "buildCustomCert", "genCA",
    "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert",
    "genSignedCertWithKey", "encryptAES", "decryptAES", "getHostByName",
)  # fmt: skip


def _refusal(name: str) -> Callable[..., Any]:
    def refuse(*_arguments: Any) -> Any:
        raise FaultError(
            f"sprig.{name} makes keys or asks the network, which the local runner does "
            "not do: compute the value in a step"
        )

    return refuse


FUNCTIONS: dict[str, Function] = {
    name: Function(name, body)
    for module in (strings, numeric, lists, dicts, dates, regexes, encoding, versions)
    for name, body in module.FUNCTIONS.items()
} | {name: Function(name, _refusal(name)) for name in _NOT_HERE}
