"""Authlib, registered with the one provider of the example."""

import ssl
import warnings
from typing import Any, Final

from authlib.deprecate import AuthlibDeprecationWarning

with warnings.catch_warnings():
    # Authlib would rather use httpx2, and tells everybody who runs the sandbox.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.starlette_client import OAuth

SCOPE: Final = "openid profile email groups"
TIMEOUT: Final = 30.0


def relying_party(issuer: str, client_id: str, client_secret: str | None) -> Any:
    """Return an Authlib client of the provider with this issuer; Authlib has no types.

    The discovery document is read at the first login (OpenID Connect Discovery 1.0, section 4).
    """
    return OAuth().register(
        "provider",
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": SCOPE,
            "code_challenge_method": "S256",
            "timeout": TIMEOUT,
            # Authlib opens a client for each request, and each would read all certificates anew.
            "verify": ssl.create_default_context(),
            # The provider is on this machine, where no proxy of the environment leads.
            "trust_env": False,
        },
    )
