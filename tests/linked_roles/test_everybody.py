"""One person's failure is not everybody's."""

import pytest

from snowflake.errors import (
    DiscordDown,
    InvalidClient,
    InvalidGrant,
    OAuthError,
    TemporarilyUnavailable,
    UpstreamDown,
    UpstreamError,
    UpstreamMisconfigured,
    UpstreamRefused,
    UpstreamUntrusted,
)
from snowflake.linked_roles.everybody import concerns_all


@pytest.mark.parametrize(
    "error",
    [
        UpstreamDown("discovery", "answered 503"),
        UpstreamMisconfigured("token", "answered 401, invalid_client"),
        UpstreamDown("jwks", "is no set of keys"),
        DiscordDown("Discord is out"),
        InvalidClient("Discord does not know us"),
    ],
)
def test_everybody_would_meet_a_side_that_is_out_or_does_not_know_us(
    error: OAuthError | UpstreamError,
) -> None:
    assert concerns_all(error)


@pytest.mark.parametrize(
    "error",
    [
        UpstreamRefused("token", "answered 400, invalid_grant"),
        UpstreamDown("userinfo", "answered 503"),
        # What it says does not count.
        UpstreamDown("userinfo", "token: discovery: jwks: answered 503"),
        UpstreamUntrusted("ID token", "bad signature"),
        InvalidGrant("the tokens have ended"),
        TemporarilyUnavailable("the store is slow"),
    ],
)
def test_what_hits_one_person_may_leave_the_others_alone(error: OAuthError | UpstreamError) -> None:
    assert not concerns_all(error)
