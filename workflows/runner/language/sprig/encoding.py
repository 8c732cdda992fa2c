"""Sprig's encodings, hashes, paths and URLs."""

import base64
import binascii
import hashlib
import posixpath
import secrets
import urllib.parse
import uuid
import zlib
from collections.abc import Callable
from typing import Any

from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.exprlang.functions import decode_base64
from workflows.runner.language.exprlang.values import type_name


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _b64enc(v: str) -> str:
    return base64.b64encode(_bytes(v)).decode()


def _b64dec(v: str) -> str:
    try:
        return decode_base64(v).decode("utf-8", "surrogateescape")
    except FaultError as error:
        return str(error)


def _b32enc(v: str) -> str:
    return base64.b32encode(_bytes(v)).decode()


def _b32dec(v: str) -> str:
    try:
        return base64.b32decode(v.replace("\n", "").replace("\r", "")).decode(
            "utf-8", "surrogateescape"
        )
    except (binascii.Error, ValueError):
        good = len(v) - len(v.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
        return f"illegal base32 data at input byte {good}"


def _hash(name: str) -> Callable[[str], str]:
    def hashed(input: str) -> str:
        return hashlib.new(name, _bytes(input)).hexdigest()

    return hashed


def _adler32(input: str) -> str:
    return str(zlib.adler32(_bytes(input)))


def _uuid() -> str:
    return str(uuid.uuid4())


def _rand_bytes(count: int) -> str:
    return base64.b64encode(secrets.token_bytes(max(count, 0))).decode()


def _base(path: str) -> str:
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"


def _clean(path: str) -> str:
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def _dir(path: str) -> str:
    head = path[: path.rfind("/") + 1]
    return _clean(head)


def _ext(path: str) -> str:
    last = path.rpartition("/")[2]
    return last[last.rfind(".") :] if "." in last else ""


def _is_abs(path: str) -> bool:
    return path.startswith("/")


def _url_parse(v: str) -> dict[str, Any]:
    try:
        parts = urllib.parse.urlsplit(v)
        host = parts.netloc.rpartition("@")[2]
        hostname = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    except ValueError as error:
        raise FaultError(f"unable to parse url: {error}") from error
    rooted = bool(parts.netloc) or parts.path.startswith("/") or not parts.scheme
    return {
        "scheme": parts.scheme,
        "host": host,
        "hostname": hostname.strip("[]"),
        "path": urllib.parse.unquote(parts.path) if rooted else "",
        "query": parts.query,
        "opaque": "" if rooted else parts.path,
        "fragment": urllib.parse.unquote(parts.fragment),
        "userinfo": parts.netloc.rpartition("@")[0],
    }


def _url_join(d: dict) -> str:  # type: ignore[type-arg]
    parts = {name: _part(d, name) for name in
             ("scheme", "host", "path", "query", "opaque", "fragment", "userinfo")}  # fmt: skip
    text = f"{parts['scheme']}:" if parts["scheme"] else ""
    if parts["opaque"]:
        text += parts["opaque"]
    else:
        path = urllib.parse.quote(parts["path"], safe="/$&+,:;=@!*'()~")
        if parts["scheme"] or parts["host"] or parts["userinfo"]:
            if parts["host"] or path or parts["userinfo"]:
                text += "//"
            text += f"{parts['userinfo']}@" if parts["userinfo"] else ""
            text += parts["host"]
        text += "/" + path if path and not path.startswith("/") and parts["host"] else path
    text += f"?{parts['query']}" if parts["query"] else ""
    return text + (f"#{parts['fragment']}" if parts["fragment"] else "")


def _part(table: dict[str, Any], name: str) -> str:
    value = table.get(name, "")
    if not isinstance(value, str):
        raise FaultError(
            f"unable to parse {name} key, must be of type string, but {type_name(value)} found"
        )
    return value


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "b64enc": _b64enc, "b64dec": _b64dec, "b32enc": _b32enc, "b32dec": _b32dec,
    "sha1sum": _hash("sha1"), "sha256sum": _hash("sha256"), "sha512sum": _hash("sha512"),
    "adler32sum": _adler32, "uuidv4": _uuid, "randBytes": _rand_bytes,
    "base": _base, "dir": _dir, "clean": _clean, "ext": _ext, "isAbs": _is_abs,
    "osBase": _base, "osDir": _dir, "osClean": _clean, "osExt": _ext, "osIsAbs": _is_abs,
    "urlParse": _url_parse, "urlJoin": _url_join,
}  # fmt: skip
