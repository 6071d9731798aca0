"""Whether a token counts at this time, whoever has signed it."""

from typing import Final

from joserfc.errors import ClaimError
from joserfc.jwt import JWTClaimsRegistry

from snowflake.errors import InvalidClient
from snowflake.oidc.federation.refusal import Claims

#: Seconds by which an issuer's clock may be off.
LEEWAY: Final = 60
TIMES: Final = frozenset({"exp", "nbf", "iat"})


def check_time(claims: Claims, now: float) -> None:
    """Pass, if a token expires, and neither has done so nor is from the future.

    Raises:
        InvalidClient: it is not so.
    """
    registry = JWTClaimsRegistry(now=int(now), leeway=LEEWAY, exp={"essential": True})
    try:
        # Whatever else it says is looked at once somebody has signed it.
        registry.validate({name: claims[name] for name in claims if name in TIMES})
    except ClaimError as error:
        raise InvalidClient(
            f"the JWT has a claim {error.claim} that is missing, over, or in the future"
        ) from None
