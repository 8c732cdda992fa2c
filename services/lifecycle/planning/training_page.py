"""What a training would do, as a person reads it."""

from typing import Any

from services.lifecycle.planning.training import Training
from services.lifecycle.releasing.releases import spoken


def text(made: Training) -> str:
    """Write it."""
    commit = made.commit
    lines = [
        f"Train on {made.data} with the code of commit {commit['id'][:12]}",
        f"  commit: {commit['subject']} ({commit['author']}, {commit['at']})",
        "  data: hashed when it is read",
        f"  training image: {_image(made.image)}",
        f"  compared with: {_champion(made.champion)}",
        f"  goes to: {made.stops[-1]['stop']}, if it passes everything on its way",
    ]
    return "\n\n".join(["\n".join(lines), *(_stop(stop) for stop in made.stops)])


def _image(image: dict[str, str]) -> str:
    if image["state"] == "same":
        return f"{image['tag']} was built from this code, so {image['digest'][:19]} trains"
    why = "the code changed since" if image["state"] == "changed" else "there is none yet"
    return f"{image['tag']} is built anew: {why}"


def _champion(champion: dict[str, Any]) -> str:
    if trouble := champion.get("trouble"):
        return f"what alias production names, which cannot be asked now: {trouble}"
    if not champion:
        return "nothing, because no version was ever in production"
    return f"version {champion['version']}, which production serves (run {champion['run']})"


def _stop(stop: dict[str, Any]) -> str:
    lines = [stop["stop"].capitalize()]
    if serves := stop.get("serves"):
        lines.append(f"serves {spoken(serves['version'])} ({serves['digest'][:19]}) now")
    if stop.get("holder"):
        lines.append(f"is held by {stop['holder']} now, and would be waited for")
    lines += [f"? {each}" for each in stop["asks"]]
    lines += [f"► {each}" for each in stop["writes"]]
    return "\n  ".join(lines)
