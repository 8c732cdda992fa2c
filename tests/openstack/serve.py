"""Serve one of OpenStack's WSGI applications: MODULE PORT [CONFIGURATION]."""

import importlib
import sys

import waitress

module, port, *files = sys.argv[1:]
sys.argv = [module, *(word for file in files for word in ("--config-file", file))]
application = importlib.import_module(module).application
waitress.serve(application, host="127.0.0.1", port=int(port), threads=6, ident=None)
