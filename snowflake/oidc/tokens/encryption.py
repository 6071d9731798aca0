"""Encrypting what is signed, for a client that wants it (OpenID Connect Core 1.0, 16.14)."""

from snowflake.crypto.encryption import encrypt
from snowflake.settings.client import Client


def encrypted_for(client: Client, token: str, **header: str) -> str:
    """Answer a signed token as the client gets it: encrypted if it has given a key, else as it is.

    ``header`` are claims that are then repeated where they can be read.
    """
    encryption = client.encryption
    return token if encryption is None else encrypt(token, encryption, **header)
