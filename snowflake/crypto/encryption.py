"""Encrypting a signed token for whom it is, so that nobody else can read it (RFC 7516)."""

from joserfc.jwe import JWERegistry, encrypt_compact
from joserfc.registry import HeaderParameter

from snowflake.settings.tables.clients.encryption import Encryption


def encrypt(token: str, encryption: Encryption, **header: str) -> str:
    """Encrypt a signed token as a nested JSON Web Token (RFC 7519, sections 5.2 and 11.2).

    ``header`` are claims that are repeated where they can be read (RFC 7519, section 5.3).
    """
    key, alg, enc = encryption
    registry = JWERegistry({"iss": HeaderParameter("Issuer", "str")}, [alg, enc])
    protected = {"alg": alg, "enc": enc, "kid": key.kid, "cty": "JWT", **header}
    return encrypt_compact(protected, token, key, registry=registry)
