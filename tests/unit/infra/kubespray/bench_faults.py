"""How long it takes to say all that Kubespray would refuse, from a cold start.

Run by `./run nox -s bench`.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT))

from tests.unit.infra.kubespray import conftest, test_settings_faults  # noqa: E402

COLD = """
import sys
from pathlib import Path
from infra.kubespray import judging
from infra.sites import reading
folders = [Path(word) for word in sys.argv[2:]]
print(len(judging.faults(Path(sys.argv[1]), folders, reading.load("kvm"))))
"""


def main() -> None:
    """Print the figure."""
    with tempfile.TemporaryDirectory() as folder:
        cluster = conftest.Cluster(Path(folder))
        test_settings_faults.break_everywhere(cluster)
        argv = [sys.executable, "-c", COLD, cluster.inventory, *cluster.folders]
        took = []
        for _ in range(3):
            start = time.perf_counter()
            done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
            took.append(time.perf_counter() - start)
    print(f"{done.stdout.strip()} faults of an inventory: {min(took):.2f} s (at most 2)")


if __name__ == "__main__":
    main()
