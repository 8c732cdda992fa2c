"""Audit a site: `python -m infra.audit --site NAME [options of pytest]`.

Leaves audit.html, audit.xml (JUnit) and audit.json in the site's folder. The exit code is 0 where
every promise is kept, 1 where one is broken or a node does not answer, 2 where nothing was asked.
"""

import argparse
import os
import sys
from pathlib import Path

from infra.errors import ProvisionError
from infra.inventory import current, files
from infra.provision import audit

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Audit the site that is named."""
    parser = argparse.ArgumentParser(prog="python -m infra.audit", description=__doc__)
    parser.add_argument("--site", required=True, help="a site's name, or the path of its file")
    wish, more = parser.parse_known_args()
    here = Path(os.environ.get("GOURMET_FROM", "."))
    state = Path(os.environ.get("GOURMET_STATE") or ROOT / ".local").absolute()
    try:
        site = current.load(wish.site, here, state)
        folder = current.folder_of(state, site.name)
        files.write(site, folder)
        audit.lay_out(site, folder)
        code = audit.audit(folder, [word for word in more if word != "--"])
    except ProvisionError as error:
        print(error, file=sys.stderr)
        return error.code
    return code if code in (audit.FINE, audit.BAD) else 2


if __name__ == "__main__":
    sys.exit(main())
