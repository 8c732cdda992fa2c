"""Times as Argo's `workflow.creationTimestamp.*` writes them: strftime letters."""

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """Write a moment in UTC without fractions, as Kubernetes does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def creation_names(prefix: str, moment: datetime) -> dict[str, str]:
    """Give `prefix`, `prefix.RFC3339`, `prefix.s` and one name for each letter."""
    utc = moment.astimezone(UTC)
    names = {
        prefix: rfc3339(moment),
        f"{prefix}.RFC3339": rfc3339(moment),
        f"{prefix}.s": str(int(moment.timestamp())),
    }
    for letter in "BbmAadHIMSYyp":
        names[f"{prefix}.{letter}"] = utc.strftime(f"%{letter}")
    milliseconds = f".{utc.microsecond // 1000:03d}"
    return names | {f"{prefix}.Z": "UTC", f"{prefix}.z": "+0000", f"{prefix}.L": milliseconds}
