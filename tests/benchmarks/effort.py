"""How long to measure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """How much of everything. The defaults are what the table of ``speed.md`` is made with."""

    #: Connections at once, of browsers and in comparisons with a bare Starlette.
    browsers: int = 16
    #: Rounds of which the median counts, and the seconds of each.
    rounds: int = 7
    seconds: float = 1.5
    login_rounds: int = 3
    login_seconds: float = 8.0
    #: Logins before anything is measured.
    warm_up: int = 200
    #: Seconds for which ``openssl speed`` signs.
    signing_seconds: int = 3
    #: Logins whose ``/token`` is timed, and by how many browsers.
    timed: int = 200
    timed_browsers: int = 4
    #: Logins after which the resident size is read.
    logins: int = 5000
    starts: int = 5
    #: Sessions and grants in the store that has grown.
    grants: int = 1_000_000
