"""The functions that compute something for each element of an array."""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workflows.runner.language.exprlang import operators
from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.exprlang.values import Byte, Groups, as_bool, type_name

Body = Callable[[], Any]


class Scope:
    """What `#`, `#index` and `#acc` mean inside a predicate."""

    def __init__(self, collection: Any) -> None:
        if isinstance(collection, str):
            collection = [Byte(one) for one in collection.encode("utf-8", "surrogateescape")]
        if not isinstance(collection, (list, bytes, Mapping)):
            kind = "zero" if collection is None else _kind(collection)
            raise FaultError(f"reflect: call of reflect.Value.Len on {kind} Value")
        self.collection = collection
        self.index = 0
        self.accumulated: Any = None

    def item(self) -> Any:
        """Give the element at hand."""
        if isinstance(self.collection, Mapping):
            raise FaultError("reflect: call of reflect.Value.Index on map Value")
        return self.collection[self.index]

    def each(self, body: Body | None) -> Iterator[Any]:
        """Compute the body (or give the element) for each element in turn."""
        for index in range(len(self.collection)):
            self.index = index
            yield self.item() if body is None else body()

    def found(self, body: Body | None, indexes: range) -> int | None:
        """Give the first of these indexes for which the body holds."""
        for index in indexes:
            self.index = index
            if as_bool(body() if body else self.item()):
                return index
        return None


def _kind(value: object) -> str:
    return {"time.Time": "struct"}.get(type_name(value), type_name(value))


def _all(scope: Scope, body: Body | None, _extra: list[Any]) -> bool:
    return all(as_bool(value) for value in scope.each(body))


def _none(scope: Scope, body: Body | None, _extra: list[Any]) -> bool:
    return not any(as_bool(value) for value in scope.each(body))


def _any(scope: Scope, body: Body | None, _extra: list[Any]) -> bool:
    return any(as_bool(value) for value in scope.each(body))


def _one(scope: Scope, body: Body | None, extra: list[Any]) -> bool:
    return _count(scope, body, extra) == 1


def _count(scope: Scope, body: Body | None, _extra: list[Any]) -> int:
    return sum(as_bool(value) for value in scope.each(body))


def _filter(scope: Scope, body: Body | None, _extra: list[Any]) -> list[Any]:
    return [scope.item() for value in scope.each(body) if as_bool(value)]


def _map(scope: Scope, body: Body | None, _extra: list[Any]) -> list[Any]:
    return list(scope.each(body))


def _sum(scope: Scope, body: Body | None, _extra: list[Any]) -> Any:
    total: Any = 0
    for value in scope.each(body):
        total = operators.add(value, total)
    return total


def _find_index(scope: Scope, body: Body | None, _extra: list[Any]) -> int | None:
    return scope.found(body, range(len(scope.collection)))


def _find_last_index(scope: Scope, body: Body | None, _extra: list[Any]) -> int | None:
    return scope.found(body, range(len(scope.collection) - 1, -1, -1))


def _find(scope: Scope, body: Body | None, extra: list[Any]) -> Any:
    return None if _find_index(scope, body, extra) is None else scope.item()


def _find_last(scope: Scope, body: Body | None, extra: list[Any]) -> Any:
    return None if _find_last_index(scope, body, extra) is None else scope.item()


def _group_by(scope: Scope, body: Body | None, _extra: list[Any]) -> Groups:
    groups = Groups()
    for key in scope.each(body):
        groups.setdefault(operators.key_of(groups, key), []).append(scope.item())
    return groups


def _sort_by(scope: Scope, body: Body | None, extra: list[Any]) -> list[Any]:
    order = extra[0] if extra else "asc"
    if not isinstance(order, str):
        raise FaultError("sortBy order argument must be a string")
    if order not in ("asc", "desc"):
        raise FaultError("unknown order, use asc or desc")
    keyed = [(key, scope.item()) for key in scope.each(body)]
    ordered = sorted(keyed, key=lambda pair: sort_key(pair[0]), reverse=order == "desc")
    return [item for _, item in ordered]


def _compare(left: Any, right: Any) -> int:
    if operators.less(left, right):
        return -1
    return 1 if operators.less(right, left) else 0


sort_key = functools.cmp_to_key(_compare)


def _reduce(scope: Scope, body: Body | None, extra: list[Any]) -> Any:
    first = 0
    if extra:
        scope.accumulated = extra[0]
    elif not scope.collection:
        raise FaultError("reduce of empty array with no initial value")
    else:
        scope.accumulated, first = scope.item(), 1
    for index in range(first, len(scope.collection)):
        scope.index = index
        scope.accumulated = body() if body else scope.item()
    return scope.accumulated


LOOPS: dict[str, Callable[[Scope, Body | None, list[Any]], Any]] = {
    "all": _all,
    "none": _none,
    "any": _any,
    "one": _one,
    "filter": _filter,
    "map": _map,
    "count": _count,
    "sum": _sum,
    "find": _find,
    "findIndex": _find_index,
    "findLast": _find_last,
    "findLastIndex": _find_last_index,
    "groupBy": _group_by,
    "sortBy": _sort_by,
    "reduce": _reduce,
}
