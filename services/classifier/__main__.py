"""Serve the model of a folder over HTTP: `python -m services.classifier`."""

import os
import sys
from collections.abc import Mapping

from services.classifier import memory, model, server
from services.classifier.app import create_app
from services.classifier.errors import ClassifierError, SettingsError
from services.classifier.settings import Settings
from services.classifier.wrapping import State


def main(environ: Mapping[str, str]) -> int:
    """Run until told to stop; return the exit code."""
    memory.give_back()
    try:
        settings = Settings.from_environment(environ)
        classifier = model.load(settings.model_dir, settings.threads)
    except ClassifierError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, SettingsError) else 1
    version = classifier.facts.version or "none"
    place = f"http://{settings.host}:{settings.port}"
    print(f"Serving {settings.model_name}, version {version}, on {place}", flush=True)
    state = State()
    app = create_app(classifier, settings, state)
    return server.serve(app, settings.host, settings.port, state, settings.drain)


if __name__ == "__main__":
    sys.exit(main(os.environ))
