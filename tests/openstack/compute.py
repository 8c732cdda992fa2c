"""Run nova-compute with the drivers that lie beside this file."""

import sys
from pathlib import Path

import nova.virt
from nova.cmd import compute

# Nova takes drivers from its own package alone.
nova.virt.__path__.append(str(Path(__file__).parent / "drivers"))
sys.argv[0] = "nova-compute"
compute.main()
