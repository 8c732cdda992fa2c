"""Ask an HTTP server for JSON, with a deadline and a sentence when it fails."""

import json
import urllib.error
import urllib.request
from typing import Any

from services.lifecycle.errors import LifecycleError

# Steps speak to the site itself and to nobody through a proxy.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class NoAnswerError(LifecycleError):
    """A server does not answer, or not with JSON."""


def get(address: str, *, deadline: float = 5.0) -> Any:
    """Return the JSON at an address.

    Raises:
        NoAnswerError: there is none to be had before the deadline.
    """
    try:
        with OPENER.open(address, timeout=deadline) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise NoAnswerError(f"{address} answers {error.code} {error.reason}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise NoAnswerError(f"{address} gives no answer: {reason}") from None
