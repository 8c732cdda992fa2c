"""What a photo took goes back to the system when it is answered."""

import ctypes

# Of mallopt(3).
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGE = 2 * 2**20  # bytes; what an ordinary photo needs is less, and stays at hand


def give_back() -> None:
    """Have each large block come from the system and go back to it.

    Left alone, glibc keeps blocks as large as the largest that was freed, so that a process that
    has seen a few large photos holds on to what it needed for them, and takes more for the next.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:  # no other library keeps them
        mallopt(M_MMAP_THRESHOLD, LARGE)
        mallopt(M_TRIM_THRESHOLD, 2 * LARGE)
