"""ID tokens (OpenID Connect Core 1.0, section 2): made, and read where one is sent as a hint."""

import secrets
from dataclasses import dataclass
from typing import Final, NamedTuple

from snowflake.crypto.keys import MAX_TOKEN, audience_of, by_secret, kid_of
from snowflake.oidc.requested_claims import requested_at
from snowflake.oidc.scopes import Claims
from snowflake.oidc.tokens import Redeemed
from snowflake.oidc.tokens.encryption import encrypted_for
from snowflake.oidc.tokens.fitting import (
    claims_within,
    ever_fewer,
    sign_first_within,
)
from snowflake.oidc.tokens.hashes import half_hash
from snowflake.oidc.tokens.times import Times, id_token_times_of
from snowflake.protocol.bounds import MAX_CLIENT_ID
from snowflake.settings.client import Client
from snowflake.settings.issuers import base_of
from snowflake.state import State
from snowflake.state.key_ring import KeyRing

#: Their ``typ``.
ID_TOKEN_TYPE: Final = "JWT"  # noqa: S105
#: Claims that each has.
OF_ID_TOKEN: Final = {"iss", "sub", "aud", "exp", "iat"}
#: What is said of an ``id_token_hint`` that is of no use.
BAD_HINT: Final = "id_token_hint is no ID token of this issuer"


@dataclass(frozen=True, slots=True)
class IdToken:
    """What an ID token that was signed here says: for which client it was issued, and its ``sub``.

    ``issuer`` is the one that it names, ``sid`` the name by which the client knows the session, if
    it was issued in one.
    """

    client_id: str
    issuer: str
    subject: str
    sid: str | None

    def is_known_to(self, client: Client) -> bool:
        """Whether it is of an issuer of this client: its own, before or after that was changed.

        One of another client says who somebody is as well, unless either has an issuer to itself.
        """
        if self.client_id == client.id:
            return True
        is_everybodys = base_of(self.issuer, self.client_id) == self.issuer
        return is_everybodys and not client.has_own_issuer


class Beside(NamedTuple):
    """What comes with an ID token, and is tied to it."""

    access_token: str | None = None
    code: str | None = None


def id_token(  # noqa: PLR0913 - its length is a matter of where it goes
    redeemed: Redeemed,
    client: Client,
    keys: KeyRing,
    now: float,
    beside: Beside,
    *,
    longest: int = MAX_TOKEN,
) -> str:
    """Sign an ID token, and encrypt it if the client wants that. ``now`` is a Unix time.

    Claims are left out with which it would be longer than ``longest`` characters. One that comes
    alone has all, since UserInfo cannot be asked for them (OpenID Connect Core 1.0, section 5.4).
    """
    grant, names = redeemed.grant, redeemed.scopes
    has_claims = client.includes_claims or beside == Beside()
    asked = requested_at("id_token", grant, names, client)
    claims = claims_within(grant.claims, names if has_claims else (), client, asked)
    signer = keys.signs_for(client)
    of_token = _of_token(redeemed, id_token_times_of(redeemed.grant, client, now))
    for name, value in (("at_hash", beside.access_token), ("c_hash", beside.code)):
        if value is not None:
            of_token[name] = half_hash(value, signer.algorithm)
    signed = sign_first_within(longest, signer, of_token, ever_fewer(claims, client), ID_TOKEN_TYPE)
    return encrypted_for(client, signed)


def _of_token(redeemed: Redeemed, times: Times) -> Claims:
    """Answer the claims of the token itself: for whom it is, and of which login."""
    grant, sid = redeemed.grant, redeemed.grant.sid
    return {
        "iss": grant.issuer,
        "sub": grant.claims["sub"],
        "aud": grant.client_id,
        "auth_time": grant.auth_time,
        "jti": secrets.token_urlsafe(16),
        **({"nonce": redeemed.nonce} if redeemed.nonce is not None else {}),
        **({"sid": sid} if sid is not None else {}),
        **times._asdict(),
    }


async def read_hint(token: str, state: State) -> IdToken:
    """Read an ID token that was sent as a hint; it may have expired.

    Raises:
        ValueError: it was not signed here, or not for whom it says.
    """
    if kid_of(token) is None:
        claims = _verified_by_secret(token, state)
    else:
        claims = await state.keys.verify(token, ID_TOKEN_TYPE)
    # UserInfo has not all of them; nor has what a client may sign by its own secret.
    if not claims.keys() >= OF_ID_TOKEN:
        raise ValueError("is no ID token")
    client_id, issuer, subject = (str(claims[name]) for name in ("aud", "iss", "sub"))
    sid = claims.get("sid")
    # Whoever signs by a secret may write what no text can be. Raises the ValueError of such.
    f"{client_id}{issuer}{subject}{sid}".encode()
    return IdToken(client_id, issuer, subject, str(sid) if sid is not None else None)


def _verified_by_secret(token: str, state: State) -> Claims:
    """Verify an ID token by the secret of the client that it names.

    No key of ours is ever the secret. And whoever knows the secret may have made the token, but for
    that client alone.
    """
    audience = audience_of(token) or ""
    # The registry would remember for a while whatever might be a Discord application's.
    client = state.registry.find(audience) if len(audience) <= MAX_CLIENT_ID else None
    secret = client.signing_secret if client is not None else None
    if secret is None:
        raise ValueError("was signed by no secret of a client")
    return by_secret(secret).verify(token, ID_TOKEN_TYPE)
