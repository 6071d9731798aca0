"""The answer to a token request (RFC 6749, section 5.1; OpenID Connect Core 1.0, 3.1.3.3)."""

from snowflake.oidc.scopes import Claims
from snowflake.oidc.tokens import TOKEN_TYPE, Redeemed
from snowflake.oidc.tokens.access_token import access_token
from snowflake.oidc.tokens.id_token import Beside, id_token
from snowflake.oidc.tokens.times import Times, times_of
from snowflake.settings.client import Client
from snowflake.state.key_ring import KeyRing


def mint(redeemed: Redeemed, client: Client, keys: KeyRing, now: float) -> Claims:
    """Sign the tokens that a request has come to, and answer them. ``now`` is a Unix time.

    ``expires_in`` is in seconds.
    """
    opaque = redeemed.access_token
    if opaque is not None:
        access, times = opaque.token, Times(opaque.means.issued_at, opaque.means.expires_at)
    else:
        times = times_of(redeemed.grant, client, now)
        access = access_token(redeemed, client, keys, times)
    answer: Claims = {
        "access_token": access,
        "token_type": TOKEN_TYPE,
        "expires_in": times.exp - times.iat,
        "id_token": id_token(redeemed, client, keys, now, Beside(access)),
        "scope": " ".join(redeemed.scopes),
    }
    if redeemed.refresh_token is not None:
        answer["refresh_token"] = redeemed.refresh_token
    return answer
