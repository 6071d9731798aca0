"""From when until when a token is good."""

from datetime import timedelta
from typing import NamedTuple

from snowflake.settings.client import Client
from snowflake.store.grants import Grant


class Times(NamedTuple):
    """When a token is issued and when it ends, Unix times in seconds, as its claims have them."""

    iat: int
    exp: int


def ends_at(auth_time: int, client: Client) -> int:
    """Answer the Unix time at which a grant ends however often it is used."""
    return auth_time + int(client.grant_lifetime.total_seconds())


def times_of(grant: Grant, client: Client, now: float) -> Times:
    """Answer the times of an access token that is issued now.

    It is not told to live longer than its grant does, or its session.
    """
    return _within(grant.expires_at, grant, client.token_lifetime, now)


def id_token_times_of(grant: Grant, client: Client, now: float) -> Times:
    """Answer the times of an ID token, which opens nothing here and needs no grant that lives.

    It is not told to live longer than the login does, or its session.
    """
    return _within(ends_at(grant.auth_time, client), grant, client.id_token_lifetime, now)


def _within(end: int, grant: Grant, lifetime: timedelta, now: float) -> Times:
    issued = int(now)
    ends = [end, *([grant.session_ends] if grant.session_ends is not None else [])]
    return Times(issued, min(issued + int(lifetime.total_seconds()), *ends))
