"""What our images are made of. No packages lie in them on one machine: a label names the
locked requirements, and whoever runs the image gives it the environment of these.
"""

from dataclasses import dataclass
from difflib import get_close_matches

from services.lifecycle.errors import AskedWronglyError


@dataclass(frozen=True)
class Recipe:
    """One kind of image.

    Attributes:
        repository: Its name in the registry.
        paths: What it takes from a commit of the source repository.
        requirements: The locks among these paths.
        command: What it runs when nobody says otherwise.
    """

    repository: str
    paths: tuple[str, ...]
    requirements: tuple[str, ...]
    command: tuple[str, ...]


RECIPES = {
    "app": Recipe(
        repository="gourmetgram-app",
        paths=("services/__init__.py", "services/food.py", "services/classifier"),
        requirements=("services/classifier/requirements.txt",),
        command=("python", "-m", "services.classifier"),
    ),
    "trainer": Recipe(
        repository="gourmetgram-trainer",
        paths=("services/__init__.py", "services/food.py", "services/trainer"),
        requirements=("services/trainer/requirements.txt", "services/trainer/torch.txt"),
        command=("python", "-m", "services.trainer"),
    ),
    "lifecycle": Recipe(
        repository="gourmetgram-lifecycle",
        paths=(
            "services/__init__.py",
            "services/environments.py",
            "services/lifecycle",
            "charts",
            "tests/staging",
        ),
        requirements=("services/lifecycle/requirements.txt",),
        command=("python", "-m", "services.lifecycle"),
    ),
}


def recipe(kind: str) -> Recipe:
    """Return the recipe of a kind of image."""
    if kind not in RECIPES:
        near = get_close_matches(kind, RECIPES, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(RECIPES)}."
        raise AskedWronglyError(f"no kind of image is called {kind!r}. {hint}")
    return RECIPES[kind]
