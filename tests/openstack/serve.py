"""Serve one of OpenStack's WSGI applications: MODULE PORT [CONFIGURATION]."""

import importlib
import sys

import waitress

# Keystone, just started, asked by several threads at once, forgets roles that somebody has; it
# is served by processes of one thread each elsewhere, too.
ONE_AT_A_TIME = ("keystone.wsgi.api",)

module, port, *files = sys.argv[1:]
sys.argv = [module, *(word for file in files for word in ("--config-file", file))]
application = importlib.import_module(module).application
threads = 1 if module in ONE_AT_A_TIME else 6
waitress.serve(application, host="127.0.0.1", port=int(port), threads=threads, ident=None)
