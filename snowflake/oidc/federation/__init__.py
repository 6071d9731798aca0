"""A token of somebody else by which a client proves who it is (RFC 7523, section 3; RFC 8725).

A platform gives its machines tokens: Kubernetes a service account's, GitHub Actions a job's. A
client's ``trusts`` say whose, and which, count in place of its own credentials; and so does an
access token that one of its ``federated_clients`` got here for itself (``clients``). Such a token
may come again until it expires, since whoever shows it cannot have another one made each time.

Anybody can name a client and send a token. Until a signature is good, they learn of the token's
form and time alone, and cost no more than the verification of it. Then they learn that it does not
count, and not why: whoever has a token of an issuer for all the world is still a stranger. The log
says why (``refusal``). An issuer that cannot be reached, or whose key is new to us and cannot be
asked for yet, does show by that: its machines have to know that they may try again.
"""

from snowflake.oidc.federation.clients import check_client, claims_of_opaque
from snowflake.oidc.federation.refusal import UNTRUSTED, Claims
from snowflake.oidc.federation.times import check_time
from snowflake.oidc.federation.trusts import check_trusts
from snowflake.settings.client import Client
from snowflake.settings.issuers import is_issuer_below
from snowflake.state import State
from snowflake.telemetry.audit import audit
from snowflake.upstream.signatures import SignedToken

__all__ = ["UNTRUSTED", "federated"]


async def federated(token: str, client: Client, base: str, state: State) -> Claims | None:
    """Answer the claims of a token of somebody else that proves who this client is.

    None for what is no such token: it may be something of the client's own. ``base`` is the issuer
    of everybody here.

    Raises:
        InvalidClient: it proves nothing.
        TemporarilyUnavailable: its issuer's keys cannot be fetched, or the store cannot be asked.
    """
    try:
        signed = SignedToken(token)
        claims = signed.claims()
    except ValueError:
        proven = await claims_of_opaque(token, client, base, state)
        if proven is None:
            return None
        claims = proven
    else:
        issuer = claims.get("iss")
        if not isinstance(issuer, str) or issuer == client.id:
            return None
        check_time(claims, state.clock())
        if is_issuer_below(base, issuer):
            await check_client(token, client, base, state)
        else:
            await check_trusts(signed, claims, client, base, state)
    audit("assertion", "accepted", issuer=claims["iss"], subject=claims["sub"])
    return claims
