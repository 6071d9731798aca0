"""UserInfo as a signed token (OpenID Connect Core 1.0, section 5.3.2)."""

from collections.abc import Mapping
from typing import Any, Final

from snowflake.crypto.keys import Signer
from snowflake.oidc.tokens.encryption import encrypted_for
from snowflake.oidc.tokens.id_token import ID_TOKEN_TYPE
from snowflake.settings.client import Client

#: The media type of the answer.
MEDIA_TYPE: Final = "application/jwt"


def signed_userinfo(claims: Mapping[str, Any], issuer: str, client: Client, signer: Signer) -> str:
    """Sign claims of a person, with who says so and for whom; encrypt them as ID tokens are.

    It has no ``exp``: it answers a request, and is good for nothing else. So nobody who checks ID
    tokens as they should takes it for one.
    """
    signed = signer.sign({**claims, "iss": issuer, "aud": client.id}, ID_TOKEN_TYPE)
    return encrypted_for(client, signed)
