"""Go duration strings, with further units for days, weeks, months and years."""

import re
from datetime import timedelta

import durationpy

# durationpy passes over what it does not understand between two terms ("1h, 2m"); Go does not.
_SHAPE = re.compile(r"\+?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|mm|m|h|d|w|y))+)", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """Read a duration such as ``90s``, ``1h30m`` or ``30d``.

    1d is 24 hours, 1w 7 days, 1mm 30 days, 1y 365 days. Negative durations make no sense for any
    setting and are refused.

    Raises:
        ValueError: it is not a duration, or longer than time can tell.
    """
    if not _SHAPE.fullmatch(text):
        raise ValueError("must be a duration such as 90s, 1h30m or 30d")
    try:
        duration: timedelta = durationpy.from_str(text)
    except durationpy.DurationError as error:
        raise ValueError("is a longer duration than can be counted") from error
    return duration
