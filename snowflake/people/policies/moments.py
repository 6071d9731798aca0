"""How a sentence tells a time."""

import math
from datetime import UTC, datetime
from typing import Final

#: The last minute that a calendar has, as a Unix time.
_LATEST: Final = 253_402_300_740


def moment(unix: float) -> str:
    """Say "3 March 2027, 14:06 UTC": the first whole minute that is not before a Unix time."""
    when = datetime.fromtimestamp(min(math.ceil(unix / 60) * 60, _LATEST), UTC)
    return f"{when.day} {when:%B %Y, %H:%M} UTC"
