"""Applications as the Developer Portal knows them."""

import hmac
from dataclasses import dataclass


@dataclass(frozen=True)
class Application:
    """An application at the simulated Discord.

    ``redirect_uris`` are compared as exact strings. ``public`` is the portal's "Public Client"
    switch: such an application may exchange a code without its secret, but with a PKCE verifier.
    """

    id: str
    name: str
    secret: str | None = None
    redirect_uris: tuple[str, ...] = ()
    public: bool = False

    def admits(self, secret: str | None) -> bool:
        """Tell whether a request with this secret, or with none, comes from the application."""
        if secret is None:
            return self.public
        return self.secret is not None and hmac.compare_digest(
            secret.encode(), self.secret.encode()
        )

    def to_json(self) -> dict[str, object]:
        """Return the application as ``GET /oauth2/@me`` shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "icon": None,
            "description": "",
            "type": None,
            "verify_key": "0" * 64,
            "flags": 0,
            "flags_new": "0",
        }
