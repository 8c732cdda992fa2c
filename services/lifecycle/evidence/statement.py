"""What is said of an image: an in-toto statement with SLSA provenance, version 1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD = "https://gourmetops.invalid/builds/image/v1"
BUILDER = "https://gourmetops.invalid/builders/"
GIT, MODEL, DATA, LOCK = "source", "model", "data", "requirements"


@dataclass(frozen=True)
class Material:
    """Something that an image was made of.

    Attributes:
        name: source, model, data or requirements.
        uri: Where it came from.
        digest: By algorithm: gitCommit for source, sha256 for all else.
    """

    name: str
    uri: str
    digest: Mapping[str, str]

    def descriptor(self) -> dict[str, Any]:
        """Return it as the statement holds it."""
        return {"name": self.name, "uri": self.uri, "digest": dict(self.digest)}


@dataclass(frozen=True)
class Build:
    """One building of an image.

    Attributes:
        parameters: What was asked for: kind, branch, version.
        materials: All that went in.
        site: Where it was built.
        by: Who asked.
        operation: The workflow, or a name made up by hand.
        code: The commit of the program that built.
    """

    parameters: Mapping[str, Any]
    materials: Sequence[Material]
    site: str
    by: str
    operation: str
    code: str
    started: str
    finished: str


@dataclass(frozen=True)
class Provenance:
    """What a verified statement says of an image.

    Attributes:
        materials: What went in, by name and URI.
        builder: Who built it.
        operation: In which operation.
        by: Who asked.
        finished: When, UTC.
        key: Whose signature holds.
    """

    digest: str
    parameters: Mapping[str, Any]
    materials: tuple[Material, ...]
    builder: str
    operation: str
    by: str
    finished: str
    key: str = ""
    whole: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def material(self, name: str) -> str | None:
        """Return the digest of a material, without its algorithm."""
        for each in self.materials:
            if each.name == name:
                return next(iter(each.digest.values()))
        return None

    def facts(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "builder": self.builder,
            "operation": self.operation,
            "by": self.by,
            "finished": self.finished,
            "key": self.key,
            "parameters": dict(self.parameters),
            "materials": [each.descriptor() for each in self.materials],
        }


class StatementError(Exception):
    """A statement is not of a kind that we know."""


def write(name: str, digest: str, build: Build) -> dict[str, Any]:
    """Say of an image how it was built."""
    return {
        "_type": TYPE,
        "subject": [{"name": name, "digest": _split(digest)}],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD,
                "externalParameters": dict(build.parameters),
                "internalParameters": {"by": build.by},
                "resolvedDependencies": [each.descriptor() for each in build.materials],
            },
            "runDetails": {
                "builder": {"id": BUILDER + build.site, **_version(build.code)},
                "metadata": {
                    "invocationId": build.operation,
                    "startedOn": build.started,
                    "finishedOn": build.finished,
                },
            },
        },
    }


def read(statement: Mapping[str, Any]) -> Provenance:
    """Read what `write` wrote.

    Raises:
        StatementError: it is another kind of statement.
    """
    try:
        if (statement["_type"], statement["predicateType"]) != (TYPE, PREDICATE):
            raise StatementError("is of another kind than SLSA provenance v1")
        subjects = [f"sha256:{each['digest']['sha256']}" for each in statement["subject"]]
        definition = statement["predicate"]["buildDefinition"]
        details = statement["predicate"]["runDetails"]
        return Provenance(
            digest=subjects[0] if len(subjects) == 1 else "",
            parameters=definition["externalParameters"],
            materials=tuple(Material(**each) for each in definition["resolvedDependencies"]),
            builder=details["builder"]["id"],
            operation=details["metadata"]["invocationId"],
            by=definition["internalParameters"]["by"],
            finished=details["metadata"]["finishedOn"],
            whole=statement,
        )
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise StatementError(f"lacks what SLSA provenance v1 has ({error!r})") from None


def signed(said: Provenance, key: str) -> Provenance:
    """Return a statement with the key whose signature of it holds."""
    return replace(said, key=key)


def _version(code: str) -> dict[str, Any]:
    return {"version": {"gourmetops": code}} if code else {}


def _split(digest: str) -> dict[str, str]:
    algorithm, _, value = digest.partition(":")
    return {algorithm: value}
