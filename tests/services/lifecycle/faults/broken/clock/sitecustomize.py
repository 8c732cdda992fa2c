"""A clock that was set back by a day. (Python loads this at its start.)"""

import datetime
import time

DAY = 86_400.0
_time = time.time


class _Yesterday(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(_time() - DAY, tz)


time.time = lambda: _time() - DAY
datetime.datetime = _Yesterday
