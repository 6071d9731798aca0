"""How long to measure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """How much of everything. The defaults are what the table of ``speed.md`` is made with."""

    #: Connections at once, of browsers and in comparisons with a bare Starlette.
    browsers: int = 16
    #: Rounds of logins by the clock, of which the median counts, and the seconds of each.
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
    #: By CPU time: rounds, how many ask at once, and how many logins they do together in a round.
    paired_rounds: int = 15
    at_once: tuple[int, ...] = (16, 1)
    tasks: int = 100
    #: Beside a commit: how often all servers are started anew, and the rounds between.
    blocks: int = 5
    block_rounds: int = 3
    #: Rounds of Snowflake and its rivals that do not count: Java compiles what it runs often.
    rival_warm_ups: int = 20


#: Next to nothing, with which the benchmarks themselves are tried.
LITTLE = Effort(
    browsers=2,
    login_rounds=1,
    login_seconds=0.05,
    warm_up=4,
    timed=4,
    timed_browsers=2,
    starts=1,
    paired_rounds=1,
    at_once=(2, 1),
    tasks=3,
    blocks=1,
    block_rounds=1,
    rival_warm_ups=1,
)
