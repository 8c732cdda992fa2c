"""`lint`: refuse what `run` refuses, and run nothing."""

import sys
from collections.abc import Sequence

from workflows.runner.commands import program
from workflows.runner.commands.program import Settings
from workflows.runner.model.library import Library


def lint(files: Sequence[str], settings: Settings) -> int:
    """Check files together; with an image map, check their images, too."""
    documents = program.read_files(files)
    program.check(documents)
    if settings.images is not None:
        library, images = Library.of(documents), program.image_map(settings)
        for document in documents:
            if document.data.get("kind") == "Workflow":
                data = {**document.data, "metadata": {"name": "lint"}}
                program.refuse_unknown_images(data, library, images)
    sys.stderr.write(f"{len(documents)} objects in {len(files)} files: nothing wrong\n")
    return 0
