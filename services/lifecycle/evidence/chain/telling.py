"""A chain, or an environment, as a tree for a person."""

from rich.text import Text
from rich.tree import Tree

from services.lifecycle.evidence import screen
from services.lifecycle.evidence.chain import links
from services.lifecycle.evidence.chain.finding import Thing
from services.lifecycle.evidence.chain.links import Chain, Facts
from services.lifecycle.evidence.chain.place import Place
from services.lifecycle.evidence.chain.world import World
from services.lifecycle.evidence.past import moments
from services.lifecycle.evidence.past.decisions import Decision

LABEL = 10


def text(world: World, thing: Thing, chains: list[Chain], place: Place | None) -> str:
    """Draw what was found."""
    root = Tree(Text(f"{thing.kind} {_short(thing)}", style="bold"))
    if place:
        _add_place(root, world, place)
    for chain in chains:
        is_root = not place and len(chains) == 1 and thing.kind == "version"
        below = root if is_root else root.add(Text(links.title(chain), style="bold"))
        _add_chain(below, world, chain)
    if not chains and not place:
        root.add(Text("it led to no model that was registered or baked", style="yellow"))
    return screen.text(root, *[Text(each, style="yellow") for each in world.unknown])


def _short(thing: Thing) -> str:
    return (
        thing.value if thing.kind in ("environment", "version", "operation") else _cut(thing.value)
    )


def _add_place(root: Tree, world: World, place: Place) -> None:
    key = place.key
    what = f"{links.title(key)} ({_cut(key.digest)})" if key else "nothing"
    serves = _row(root, "serves", what)
    if place.health:
        serves.append(f", {place.health}, {place.replicas} replicas ready")
    if key and place.runs and place.runs != key.digest:
        serves.append(f"; it runs {_cut(place.runs)}", style="red")
    if place.since:
        _row(root, "since", moments.since(place.since, world.now))
    if place.decision:
        _add_word(root, place.decision)
    share = "unknown" if place.share is None else f"{place.share:.0%} of live traffic"
    _row(root, "traffic", share)
    _row(root, "go back", f"invoke rollback {place.environment}  ► {place.return_to}")
    if place.earlier:
        before = root.add(Text("before that", style="dim"))
        for made in place.earlier:
            before.add(Text(f"{moments.spoken(made.at)}  {made.what}"))


def _add_word(root: Tree, made: Decision) -> None:
    """Say on whose word it serves."""
    line = _row(root, "word of", made.by or "nobody who is named")
    line.append(f", in {made.operation}" if made.operation else "")
    line.append(f", because {made.reason}" if made.reason else "")
    if made.word:
        branch = root.add(Text("on", style="dim"))
        for each in made.word:
            branch.add(Text(each, style="red" if each.startswith("FORCED") else ""))


def _add_chain(root: Tree, world: World, chain: Chain) -> None:
    _add_source(root, world, chain)
    _row(root, "data", chain.data_hash or _none(chain, "nothing was trained"))
    state = f", {chain.run_state}" if chain.run_state else ""
    tests = _tag(chain, "tests")
    _row(root, "run", f"{chain.run}{state}{tests}" if chain.run else _none(chain, "no training"))
    _add_version(root, world, chain)
    _row(root, "image", chain.digest or "never baked")
    if chain.digest:
        _add_provenance(root, chain.provenance)
    _add_releases(root, world, chain)
    for said in chain.approvals:
        _add_approval(root, world, said)
    _add_traffic(root, world, chain)


def _add_source(root: Tree, world: World, chain: Chain) -> None:
    told = {"app code": chain.commit}
    if chain.trained_from == chain.commit:
        told = {"commit": chain.commit}
    elif chain.trained_from:
        told["trainer"] = chain.trained_from
    for label, commit in told.items():
        who = links.source(world, commit)
        more = f"  «{who['subject']}», {who['author']}, {moments.spoken(who['at'])}" if who else ""
        _row(root, label, f"{commit[:12]}{more}" if commit else "unknown")


def _add_version(root: Tree, world: World, chain: Chain) -> None:
    if chain.number is None:
        return
    if not chain.registered:
        what = "unknown to MLflow" if world.registry else "MLflow does not answer"
        _row(root, "version", f"{chain.number}, {what}")
        return
    aliases = ", ".join(chain.registered["aliases"]) or "none"
    line = _row(root, "version", f"{chain.number}, aliases: {aliases}")
    if hold := chain.registered["tags"].get("hold"):
        line.append(f"  ON HOLD: {hold}", style="red")


def _add_provenance(root: Tree, said: Facts) -> None:
    if not said.get("good"):
        line = _row(root, "proof", "")
        line.append(str(said.get("problem")), style="red")
        return
    site = said["builder"].rpartition("/")[2]
    built = f"built by {said['by']} in {said['operation']}, {moments.spoken(said['finished'])}"
    _row(root, "proof", f"{built}, on {site}; signature and every byte verified")


def _add_releases(root: Tree, world: World, chain: Chain) -> None:
    if not chain.releases:
        _row(root, "releases", "none")
        return
    branch = root.add(Text("releases", style="dim"))
    for each in chain.releases:
        is_current = each["is_current"]
        line = Text("now " if is_current else "was ", style="green" if is_current else "dim")
        line.append(f"{each['environment']:<11}", style="not dim")
        line.append(f"{moments.since(each['at'], world.now)}, ", style="not dim")
        line.append(f"{each['by']}, {each['operation'] or 'by hand'}", style="not dim")
        if not each["good_since"]:
            line.append("  never found good", style="yellow")
        branch.add(line)


def _add_approval(root: Tree, world: World, said: Facts) -> None:
    line = _row(root, "approval", f"for {said['environment']} by {said['by']}, ")
    line.append(moments.since(said["at"], world.now))
    if said["revoked"]:
        line.append(f", taken back {moments.spoken(said['revoked'])}", style="red")
    elif said["expires"]:
        line.append(f", until {moments.spoken(said['expires'])}")
    if said["note"]:
        line.append(f": {said['note']}")


def _add_traffic(root: Tree, world: World, chain: Chain) -> None:
    if not chain.digest:
        return
    served = [f"{name} {share:.0%}" for name, share in chain.traffic.items()]
    silence = "none: it runs nowhere" if world.running else "unknown"
    _row(root, "traffic", ", ".join(served) or silence)


def _row(root: Tree, label: str, what: str) -> Text:
    line = Text(f"{label:<{LABEL}}", style="dim")
    line.append(what, style="not dim")
    root.add(line)
    return line


def _tag(chain: Chain, name: str) -> str:
    told = chain.registered.get("tags", {}).get(name)
    return f", tests {told}" if told else ""


def _none(chain: Chain, what: str) -> str:
    return what if chain.number is None else "unknown"


def _cut(text: str) -> str:
    return text.removeprefix("sha256:")[:12]
