"""The diagram of one login: who says what to whom, from top to bottom."""

from html import escape
from typing import Final, NamedTuple

WIDTH: Final = 760
#: Where the life of each of them runs, from the left.
PEOPLE: Final = {"Person": 80, "Application": 280, "Snowflake": 480, "Discord": 680}
HEAD, STEP = 64, 46


class Message(NamedTuple):
    """What one says to another."""

    sender: str
    receiver: str
    text: str


LOGIN: Final = (
    Message("Person", "Application", "Sign in"),
    Message("Application", "Snowflake", "OpenID Connect"),
    Message("Snowflake", "Discord", "Who is this?"),
    Message("Discord", "Snowflake", "account, servers, roles"),
    Message("Snowflake", "Snowflake", "May they sign in?"),
    Message("Snowflake", "Application", "sub, name, email, groups"),
    Message("Application", "Person", "Welcome"),
)
#: On a ground of its own, it can be read wherever it is shown.
STYLE: Final = """
:root { --ground: #ffffff; --box: #eef2f7; --line: #7b8796; --text: #1a2330; --accent: #2457b0; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #12161c; --box: #1e232c; --line: #7f8b9b; --text: #e8ecf2; --accent: #8fb6f6; }
}
.ground { fill: var(--ground); }
.box { fill: var(--box); stroke: var(--line); }
.life { stroke: var(--line); stroke-dasharray: 3 5; }
.ours { stroke: var(--accent); stroke-width: 2; }
.way { stroke: var(--accent); stroke-width: 1.8; fill: none; marker-end: url(#arrow); }
.tip { fill: var(--accent); }
text { fill: var(--text); font: 15px system-ui, "Segoe UI", sans-serif; text-anchor: middle; }
.name { font-weight: 600; }
"""

ARROW: Final = """<marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7"
markerHeight="7" orient="auto"><path class="tip" d="M0 0 8 4 0 8Z"/></marker>"""


def login() -> str:
    """Answer the diagram as SVG, dark where people want it dark."""
    height = HEAD + STEP * (len(LOGIN) + 1)
    lives = (_life(name, at, height) for name, at in PEOPLE.items())
    ways = (_way(message, HEAD + STEP * row) for row, message in enumerate(LOGIN, 1))
    told = "; ".join(f"{one.sender} to {one.receiver}: {one.text}" for one in LOGIN)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>One login</title><desc>{escape(told)}</desc><style>{STYLE}</style>",
            ARROW,
            f'<rect class="ground" width="{WIDTH}" height="{height}" rx="12"/>',
            *lives,
            *ways,
            "</svg>\n",
        ]
    )


def _life(name: str, at: int, height: int) -> str:
    ours = " ours" if name == "Snowflake" else ""
    return (
        f'<line class="life" x1="{at}" y1="52" x2="{at}" y2="{height - 16}"/>'
        f'<rect class="box{ours}" x="{at - 65}" y="16" width="130" height="36" rx="8"/>'
        f'<text class="name" x="{at}" y="39">{name}</text>'
    )


def _way(message: Message, y: int) -> str:
    start, end = PEOPLE[message.sender], PEOPLE[message.receiver]
    text = escape(message.text)
    if start == end:
        return (
            f'<rect class="box ours" x="{start - 75}" y="{y - 20}" width="150" height="30" rx="8"/>'
            f'<text x="{start}" y="{y}">{text}</text>'
        )
    return (
        f'<path class="way" d="M{start} {y}H{end}"/>'
        f'<text x="{(start + end) // 2}" y="{y - 9}">{text}</text>'
    )
