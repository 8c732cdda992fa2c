"""Make the sample data: each drawing of food several times, in the folders of Food-11."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from services import food
from services.trainer.sample import composition
from services.trainer.sample.foods import HOUSES
from services.trainer.sample.icons import Drawing

# About how many pictures a class gets in a split; a class of few drawings shows each more often.
PICTURES = {"training": 110, "validation": 30, "evaluation": 44}
LEAST, MOST = 1, 11
THREADS = 2


def build(drawings: Sequence[Drawing], folder: Path, seed: int) -> None:
    """Write all pictures of all splits. The same seed gives the same bytes."""
    have = Counter((HOUSES[one.house], one.label) for one in drawings)

    def draw(one: Drawing) -> None:
        split = HOUSES[one.house]
        times = round(PICTURES[split] / have[split, one.label])
        _write(one, folder / split, min(max(times, LEAST), MOST), seed)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(draw, drawings))


def _write(drawing: Drawing, split: Path, times: int, seed: int) -> None:
    folder = split / food.FOLDERS[drawing.label]
    folder.mkdir(parents=True, exist_ok=True)
    rendered = composition.render(drawing.svg)
    for number in range(times):
        rng = Random(f"{seed} {drawing.house} {drawing.name} {number}")
        name = f"{drawing.house}_{drawing.name}_{number}.jpg"
        (folder / name).write_bytes(composition.compose(rendered, rng))
