"""Write photos as live traffic would bring them: python -m services.drills.photos OUT --light 0.25

Runs in the trainer's environment: the photos are of the sample's held-out split, in another light.
"""

import argparse
import tempfile
from pathlib import Path

from PIL import Image, ImageEnhance

from services.trainer import data, dataset, files


def main() -> None:
    """Write every so manieth photo of the evaluation split."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--light", type=float, default=1.0, help="1 leaves them as they are")
    parser.add_argument("--count", type=int, default=66)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="drill-photos-") as work:
        data.prepare("sample", Path(work) / "set", 1, files.cache())
        found, _ = dataset.read(Path(work) / "set")
        pictures = found.split("evaluation")
        for number, picture in enumerate(pictures[:: max(1, len(pictures) // asked.count)]):
            with Image.open(picture.file) as photo:
                lit = ImageEnhance.Brightness(photo.convert("RGB")).enhance(asked.light)
                lit.save(asked.out / f"{number:03}.jpg", quality=90)


if __name__ == "__main__":
    main()
