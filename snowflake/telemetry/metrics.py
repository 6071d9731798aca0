"""What Prometheus is told. It is counted always, and shown where ``SNOWFLAKE_METRICS`` says.

Labels are routes, statuses and names of ours alone: nothing that was sent, and nobody's ID.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

# A second series for each, with the time of its first count. Workers' sums have none either.
disable_created_metrics()  # type: ignore[no-untyped-call]

#: Bounds in seconds, from an answer out of memory to the deadline of a request.
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter("snowflake_requests", "Requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "snowflake_request_seconds", "Time to answer a request.", ["route"], buckets=SECONDS
)
LOGINS = Counter(
    "snowflake_logins",
    "Logins that ended, and token requests refused: completed, or the error as the log names it.",
    ["outcome"],
)
DISCORD_CALLS = Counter(
    "snowflake_discord_calls",
    "Calls to Discord, by its status, or none if there was no answer.",
    ["route", "status"],
)
DISCORD_SECONDS = Histogram(
    "snowflake_discord_seconds", "Time of a call to Discord.", ["route"], buckets=SECONDS
)
DISCORD_WAITS = Histogram(
    "snowflake_discord_wait_seconds",
    "Time for which a call waited for one of Discord's limits.",
    ["route"],
    buckets=SECONDS,
)
DISCORD_INVALID = Counter(
    "snowflake_discord_invalid_answers",
    "Answers of 401, 403 and 429; Discord bans an address after 10,000 in 10 minutes.",
)
DISCORD_REFUSED_HERE = Counter(
    "snowflake_discord_calls_refused",
    "Calls that were not made to spare the address a ban, by reason.",
    ["reason"],
)
DISCORD_DOWN = Gauge(
    "snowflake_discord_down",
    "1 while calls to Discord fail at once because it is down.",
    multiprocess_mode="livemax",
)
UPSTREAM_CALLS = Counter(
    "snowflake_upstream_calls",
    "Calls to the OpenID provider of linked roles, by its status, or none if there was no answer.",
    ["route", "status"],
)
UPSTREAM_SECONDS = Histogram(
    "snowflake_upstream_seconds",
    "Time of a call to the OpenID provider of linked roles.",
    ["route"],
    buckets=SECONDS,
)
MEMORY_LOOKUPS = Counter(
    "snowflake_memory_lookups",
    "Lookups of what Discord said before, by what came of it: fresh, stale or missed.",
    ["kind", "outcome"],
)
STORE_SECONDS = Histogram(
    "snowflake_store_seconds", "Time of a read or a transaction.", ["kind"], buckets=SECONDS
)
WATCHED = Counter(
    "snowflake_watched_people",
    "People at whom the bot looked again: passed, turned_away, or postponed if it could not see.",
    ["outcome"],
)
LINKS = Counter(
    "snowflake_links",
    "Links that were made or undone, and ways there that ended: linked, unlinked, or the error as "
    "the log names it.",
    ["outcome"],
)
LINK_SYNCS = Counter(
    "snowflake_link_syncs",
    "Links brought up to date: unchanged, changed, ended, failed, unasked for want of a refresh "
    "token, or elsewhere, of another issuer.",
    ["outcome"],
)
LOGOUT_DELIVERIES = Counter(
    "snowflake_logout_deliveries",
    "Tries to tell a client's server of a logout: delivered, failed (and perhaps tried again), and "
    "logouts that were given_up.",
    ["outcome"],
)
LOGOUT_DELIVERIES_WAITING = Gauge(
    "snowflake_logout_deliveries_waiting",
    "Logouts of which a client's server is yet to be told.",
    multiprocess_mode="livemostrecent",
)
