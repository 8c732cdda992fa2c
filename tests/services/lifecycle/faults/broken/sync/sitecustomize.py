"""A disk that takes bytes and cannot keep them: fsync fails. (Python loads this at its start.)"""

import errno
import os


def _refuse(_handle):
    raise OSError(errno.EIO, os.strerror(errno.EIO))


os.fsync = _refuse
