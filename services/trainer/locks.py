"""Cut one resolved lock in two: PyTorch with its CUDA parts, and everything else.

`python -m services.trainer.locks all.txt` writes requirements.txt and torch.txt beside this
file; torch.in says why there are two.
"""

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
PYTORCH = re.compile(r"(torch|triton|nvidia-[\w-]+|cuda-[\w-]+)==")


def cut(lock: str) -> tuple[str, str]:
    """Return the lock without PyTorch's own packages, and the lock of those alone."""
    entries = re.split(r"\n(?=[a-z0-9])", lock.strip())
    apart = [entry for entry in entries if PYTORCH.match(entry)]
    rest = [entry for entry in entries if not PYTORCH.match(entry)]
    (torch,) = re.findall(r"^torch==\S+", lock, flags=re.MULTILINE)
    return "\n".join(rest) + "\n", "\n".join([f"# open: {torch}", *apart]) + "\n"


if __name__ == "__main__":
    without, pytorch = cut(Path(sys.argv[1]).read_text())
    (HERE / "requirements.txt").write_text(without)
    (HERE / "torch.txt").write_text(pytorch)
