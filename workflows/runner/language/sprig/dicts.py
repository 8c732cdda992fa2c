"""Sprig's functions on maps, defaults, types and JSON."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.exprlang.operators import same
from workflows.runner.language.exprlang.values import expected, kind_name, type_name
from workflows.runner.language.go import gojson, gotext
from workflows.runner.language.sprig.casts import is_empty, text


def _dict(*v: Any) -> dict[str, Any]:
    return {
        text(v[index]): v[index + 1] if index + 1 < len(v) else "" for index in range(0, len(v), 2)
    }


def _get(d: dict, key: str) -> Any:  # type: ignore[type-arg]
    return d.get(key, "")


def _set(d: dict, key: str, value: Any) -> Any:  # type: ignore[type-arg]
    d[key] = value
    return d


def _unset(d: dict, key: str) -> Any:  # type: ignore[type-arg]
    d.pop(key, None)
    return d


def _has_key(d: dict, key: str) -> bool:  # type: ignore[type-arg]
    return key in d


def _pluck(key: str, *d: dict) -> Any:  # type: ignore[type-arg]
    return [one[key] for one in d if key in one]


def _keys(*dicts: dict) -> Any:  # type: ignore[type-arg]
    return [key for one in dicts for key in sorted(one)]


def _values(dict: dict) -> Any:  # type: ignore[type-arg]
    return [dict[key] for key in sorted(dict)]


def _pick(dict: dict, *keys: str) -> Any:  # type: ignore[type-arg]
    return {key: dict[key] for key in keys if key in dict}


def _omit(dict: dict, *keys: str) -> Any:  # type: ignore[type-arg]
    return {key: value for key, value in dict.items() if key not in keys}


def _merge(dst: dict, *srcs: dict) -> Any:  # type: ignore[type-arg]
    for source in srcs:
        _merge_into(dst, source, overwrite=False)
    return dst


def _merge_overwrite(dst: dict, *srcs: dict) -> Any:  # type: ignore[type-arg]
    for source in srcs:
        _merge_into(dst, source, overwrite=True)
    return dst


def _merge_into(target: Any, source: Mapping[str, Any], *, overwrite: bool) -> None:
    for key, value in source.items():
        mine = target.get(key)
        if isinstance(mine, dict) and isinstance(value, Mapping):
            _merge_into(mine, value, overwrite=overwrite)
        elif is_empty(mine) or (overwrite and not is_empty(value)):
            target[key] = value


def _deep_copy(i: Any) -> Any:
    return copy.deepcopy(i)


def _dig(*ps: Any) -> Any:
    if len(ps) < 3:
        raise FaultError("dig needs at least three arguments")
    *names, default, found = ps
    for name in names:
        table = expected(found, dict)
        if expected(name, str) not in table:
            return default
        found = table[name]
    return found


def _default(d: Any, *given: Any) -> Any:
    return given[0] if given and not is_empty(given[0]) else d


def _empty(given: Any) -> bool:
    return is_empty(given)


def _coalesce(*v: Any) -> Any:
    return next((value for value in v if not is_empty(value)), None)


def _all(*v: Any) -> bool:
    return not any(map(is_empty, v))


def _any(*v: Any) -> bool:
    return not all(map(is_empty, v))


def _ternary(vt: Any, vf: Any, v: bool) -> Any:
    return vt if v else vf


def _fail(msg: str) -> str:
    raise FaultError(msg)


def _type_of(src: Any) -> str:
    return type_name(src)


def _type_is(target: str, src: Any) -> bool:
    return target == type_name(src)


def _type_is_like(target: str, src: Any) -> bool:
    return type_name(src) in (target, f"*{target}")


def _kind_of(src: Any) -> str:
    return kind_name(src)


def _kind_is(target: str, src: Any) -> bool:
    return target == kind_name(src)


def _deep_equal(x: Any, y: Any) -> bool:
    return same(x, y)


def _from_json(v: str) -> Any:
    try:
        return gotext.parse_json(v)
    except (ValueError, RecursionError):
        return None


def _must_from_json(v: str) -> Any:
    try:
        return gotext.parse_json(v)
    except (ValueError, RecursionError) as error:
        raise FaultError(gojson.problem(v)) from error


def _to_json(v: Any) -> str:
    try:
        return gotext.format_json(v)
    except ValueError:
        return ""


def _must_to_json(v: Any) -> str:
    return gotext.format_json(v)


def _to_pretty_json(v: Any) -> str:
    return gotext.format_json(v, indent="  ")


def _to_raw_json(v: Any) -> str:
    written = gotext.format_json(v)
    for escaped, character in (("\\u003c", "<"), ("\\u003e", ">"), ("\\u0026", "&")):
        written = written.replace(escaped, character)
    return written


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "dict": _dict, "get": _get, "set": _set, "unset": _unset, "hasKey": _has_key,
    "pluck": _pluck, "keys": _keys, "values": _values, "pick": _pick, "omit": _omit,
    "merge": _merge, "mustMerge": _merge, "mergeOverwrite": _merge_overwrite,
    "mustMergeOverwrite": _merge_overwrite, "deepCopy": _deep_copy,
    "mustDeepCopy": _deep_copy, "dig": _dig, "default": _default, "empty": _empty,
    "coalesce": _coalesce, "all": _all, "any": _any, "ternary": _ternary,
    "fail": _fail, "typeOf": _type_of, "typeIs": _type_is, "typeIsLike": _type_is_like,
    "kindOf": _kind_of, "kindIs": _kind_is, "deepEqual": _deep_equal,
    "fromJson": _from_json, "mustFromJson": _must_from_json, "toJson": _to_json,
    "mustToJson": _must_to_json, "toPrettyJson": _to_pretty_json,
    "mustToPrettyJson": _to_pretty_json, "toRawJson": _to_raw_json,
    "mustToRawJson": _to_raw_json,
}  # fmt: skip
