"""Turn a chart and its values into Kubernetes objects."""

from collections.abc import Sequence
from typing import Any

from charts import engine, manifests, values
from charts.manifests import Manifest


def environment(site: str, name: str, pairs: Sequence[str] = (), **more: Any) -> list[Manifest]:
    """Render one environment of a site: the app's objects for one release.

    Raises:
        ChartsError: an unknown name, or values that the chart refuses.
    """
    return chart("app", values.layers("app", site, name), pairs, more)


def platform(site: str, pairs: Sequence[str] = (), **more: Any) -> list[Manifest]:
    """Render what the environments of a site stand on.

    Raises:
        ChartsError: an unknown name, or values that the chart refuses.
    """
    return chart("platform", values.layers("platform", site, None), pairs, more)


def chart(
    name: str, chosen: dict[str, Any], pairs: Sequence[str], more: dict[str, Any]
) -> list[Manifest]:
    """Render a chart with values, over which `more` and then the --set pairs are laid."""
    complete = engine.defaults(name)
    values.merge(complete, chosen)
    values.merge(chosen, more)
    values.merge(chosen, values.settings(complete, pairs))
    texts = engine.render(name, chosen)
    return manifests.arrange(
        manifest
        for path, text in sorted(texts.items())
        for manifest in manifests.parse(text, f"charts/{path}")
    )
