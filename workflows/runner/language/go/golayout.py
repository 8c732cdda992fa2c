"""Go's time layouts, which are written as the time Mon Jan 2 15:04:05 MST 2006."""

import re
from typing import Final

from workflows.runner.language.go.gotime import MONTHS, WEEKDAYS, Moment

ANSIC: Final = "Mon Jan _2 15:04:05 2006"
UNIX_DATE: Final = "Mon Jan _2 15:04:05 MST 2006"
RUBY_DATE: Final = "Mon Jan 02 15:04:05 -0700 2006"
RFC822: Final = "02 Jan 06 15:04 MST"
RFC850: Final = "Monday, 02-Jan-06 15:04:05 MST"
RFC1123: Final = "Mon, 02 Jan 2006 15:04:05 MST"
RFC1123Z: Final = "Mon, 02 Jan 2006 15:04:05 -0700"
RFC3339: Final = "2006-01-02T15:04:05Z07:00"
RFC3339_NANO: Final = "2006-01-02T15:04:05.999999999Z07:00"
KITCHEN: Final = "3:04PM"

# In the order in which Go looks for them at one place; the longer one first.
_CHUNK = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|01|02|03|04|05|06|1(?!5)|15|2006"
    r"|__2|_2(?!006)|2|3|4|5|PM|pm|-07:00:00|-070000|-07:00|-0700|-07"
    r"|Z07:00:00|Z070000|Z07:00|Z0700|Z07|[.,]0+(?!\d)|[.,]9+(?!\d)"
)


def chunks(layout_text: str) -> list[tuple[str, str]]:
    """Split a layout into pairs of literal text and the element after it."""
    pieces: list[tuple[str, str]] = []
    position = 0
    for match in _CHUNK.finditer(layout_text):
        pieces.append((layout_text[position : match.start()], match.group()))
        position = match.end()
    pieces.append((layout_text[position:], ""))
    return pieces


def layout(moment: Moment, text: str) -> str:
    """Write a moment in a layout."""
    return "".join(
        literal + (_element(moment, chunk) if chunk else "") for literal, chunk in chunks(text)
    )


def _element(moment: Moment, chunk: str) -> str:
    if chunk[0] in "-Z":
        return _offset(moment, chunk)
    if chunk[0] in ".,":
        return _fraction(moment, chunk)
    local = moment.local
    hour = local.hour % 12 or 12
    table = {
        "January": MONTHS[local.month - 1], "Jan": MONTHS[local.month - 1][:3],
        "Monday": WEEKDAYS[local.weekday()], "Mon": WEEKDAYS[local.weekday()][:3],
        "MST": moment.abbreviation, "002": f"{local.timetuple().tm_yday:03d}",
        "__2": f"{local.timetuple().tm_yday:3d}",
        "01": f"{local.month:02d}", "1": str(local.month),
        "02": f"{local.day:02d}", "_2": f"{local.day:2d}", "2": str(local.day),
        "15": f"{local.hour:02d}", "03": f"{hour:02d}", "3": str(hour),
        "04": f"{local.minute:02d}", "4": str(local.minute),
        "05": f"{local.second:02d}", "5": str(local.second),
        "2006": f"{local.year:04d}", "06": f"{local.year % 100:02d}",
        "PM": "PM" if local.hour >= 12 else "AM",
        "pm": "pm" if local.hour >= 12 else "am",
    }  # fmt: skip
    return table[chunk]


def _offset(moment: Moment, chunk: str) -> str:
    offset = moment.offset
    if chunk[0] == "Z" and offset == 0:
        return "Z"
    hours, rest = divmod(abs(offset), 3600)
    minutes, seconds = divmod(rest, 60)
    colon = ":" if ":" in chunk else ""
    text = f"{'-' if offset < 0 else '+'}{hours:02d}"
    digits = sum(character.isdigit() for character in chunk)
    if digits > 2:
        text += f"{colon}{minutes:02d}"
    return text + (f"{colon}{seconds:02d}" if digits > 4 else "")


def _fraction(moment: Moment, chunk: str) -> str:
    shown = f"{moment.fraction:09d}"[: len(chunk) - 1].ljust(len(chunk) - 1, "0")
    if chunk[1] == "9":
        shown = shown.rstrip("0")
        return chunk[0] + shown if shown else ""
    return chunk[0] + shown
