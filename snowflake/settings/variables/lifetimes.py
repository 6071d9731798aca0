"""How long what Snowflake issues and remembers lives."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from snowflake.settings.values import CodeLifetime, Duration, within
from snowflake.settings.variables.variables import Variables


class LifetimeVariables(Variables):
    """How long what Snowflake issues and remembers lives."""

    token_lifetime: Annotated[Duration, within(timedelta(minutes=1))] = Field(
        default=timedelta(hours=1),
        description="How long access and ID tokens live; at least 60 seconds.",
    )
    code_lifetime: CodeLifetime = Field(
        default=timedelta(minutes=1),
        description="How long an authorization code lives; 10 seconds to 10 minutes.",
    )
    refresh_token_lifetime: Annotated[Duration, within(timedelta(minutes=1))] = Field(
        default=timedelta(days=30),
        description="How long a refresh token lives if it is not used; at least 60 seconds.",
    )
    grant_lifetime: Annotated[Duration, within(timedelta(minutes=1))] = Field(
        default=timedelta(days=365),
        description=(
            "How long somebody stays signed in at most, however often a refresh token is used; at "
            "least 60 seconds, by default a year. Then they have to sign in again."
        ),
    )
    session_lifetime: Annotated[Duration, within(timedelta(minutes=1), or_zero=True)] = Field(
        default=timedelta(hours=12),
        description=(
            "How long somebody stays signed in here after Discord has vouched for them, so that "
            "the next registered client needs no trip to Discord; at least a minute. `0` keeps no "
            "sessions."
        ),
    )
    userinfo_fresh: Annotated[Duration, within(timedelta(seconds=1), or_zero=True)] = Field(
        default=timedelta(minutes=5),
        description=(
            "The age from which UserInfo brings claims up to date before it answers, at least a "
            "second. `0` leaves that to logins and refreshes."
        ),
    )
    key_rotation: Annotated[Duration, within(timedelta(days=1), or_zero=True)] = Field(
        default=timedelta(0),
        description=(
            "The age at which the signing key is replaced, at least a day. `0` leaves it to "
            "`snowflake keys rotate`."
        ),
    )
