"""A colour of the operator's, as far as it can be read (WCAG 2.2, success criterion 1.4.3)."""

from typing import Final, NamedTuple

#: Contrast of text with what is behind it.
READABLE: Final = 4.5
#: The cards of the theme, by day and by night.
DAY, NIGHT = "#ffffff", "#1e232c"
#: Steps from a colour to black, or to white.
STEPS: Final = 100

_Channels = tuple[float, float, float]


class Accent(NamedTuple):
    """The colour by day, and by night."""

    day: str
    night: str


def readable(colour: str) -> Accent:
    """Answer the nearest shades of a colour that can be read, on a card and beneath its text.

    ``colour`` is ``#rgb`` or ``#rrggbb``.
    """
    channels = _channels(colour)
    return Accent(_towards((0, 0, 0), channels, DAY), _towards((1, 1, 1), channels, NIGHT))


def contrast(one: str, other: str) -> float:
    """Answer the contrast of two colours, from 1 to 21."""
    low, high = sorted(map(_luminance, (_channels(one), _channels(other))))
    return (high + 0.05) / (low + 0.05)


def _towards(end: _Channels, start: _Channels, ground: str) -> str:
    """Answer the first shade on the way from a colour to an end that stands out from the ground."""
    shades = (_between(start, end, step / STEPS) for step in range(STEPS + 1))
    return next(shade for shade in shades if contrast(shade, ground) >= READABLE)


def _between(start: _Channels, end: _Channels, part: float) -> str:
    mixed = (a + (b - a) * part for a, b in zip(start, end, strict=True))
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in mixed)


def _channels(colour: str) -> _Channels:
    digits = colour.removeprefix("#")
    if len(digits) == len("rgb"):
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def _luminance(channels: _Channels) -> float:
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB
        for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
