"""How long a person waits for a plan, and for the answers of the gates."""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.lifecycle.versions import Site

TIMES = 9
# Each is asked as a person types it, Invoke's own start included.
LIMITS = {
    ("deploy-canary", "--plan"): 1.5,
    ("explain", "{version}", "--to", "canary"): 1.5,
    ("rollback", "staging", "--plan"): 1.5,
    ("hold", "{version}", "--reason", "slow", "--plan"): 1.5,
    ("repair", "staging", "--plan"): 1.5,
    ("train", "--plan"): 1.5,
    ("up", "--plan"): 1.5,
    ("down", "--plan"): 1.5,
}


def main():
    """Measure on a site of its own; say which was late."""
    late, cores = [], len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="bench plan ") as folder, Site.up(Path(folder)) as site:
        version, _digest = site.tested()
        for words, limit in LIMITS.items():
            command = [word.format(version=version) for word in words]
            took = sorted(_seconds(site, command) for _ in range(TIMES))
            middle = statistics.median(took)
            late += [command] if middle > limit else []
            print(
                f"invoke {' '.join(command)}: {middle:.2f} s, at worst {took[-1]:.2f} s "
                f"(about a second is meant, at most {limit} s, {cores} cores)"
            )
    return bool(late)


def _seconds(site, command):
    began = time.perf_counter()
    done = site.clone.invoke(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
