"""Applications as the Developer Portal knows them."""

import hmac
from dataclasses import dataclass

from snowflake.sandbox.discord.bots import Bot
from snowflake.sandbox.discord.people import Person

_DEVELOPER = Person("96318874204487680", "developer", "Whoever made the applications.")


@dataclass(frozen=True)
class Application:
    """An application at the simulated Discord.

    ``redirect_uris`` are compared as exact strings. ``public`` is the portal's "Public Client"
    switch: such an application may exchange a code without its secret, but with a PKCE verifier.
    ``bot`` is its bot, None if it has none. ``flags`` are a bit set.
    """

    id: str
    name: str
    secret: str | None = None
    redirect_uris: tuple[str, ...] = ()
    public: bool = False
    bot: Bot | None = None
    flags: int = 0
    role_connections_verification_url: str | None = None

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
            "flags": self.flags,
            "flags_new": str(self.flags),
        }

    def to_private_json(self) -> dict[str, object]:
        """Return the application as ``GET /applications/@me`` shows it to its bot."""
        return {
            **self.to_json(),
            "redirect_uris": list(self.redirect_uris),
            "interactions_endpoint_url": None,
            "role_connections_verification_url": self.role_connections_verification_url,
            "owner": _DEVELOPER.to_public_json(),
            "team": None,
            "bot": {**self._bot_account().to_public_json(), "bot": True},
            "bot_public": True,
            "bot_require_code_grant": False,
            "approximate_guild_count": len(self.bot.guilds) if self.bot else 0,
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "eligible_oauth2_scopes": [],
        }

    def bot_user(self) -> dict[str, object]:
        """Return the bot's account as ``GET /users/@me`` shows it to the bot."""
        return {**self._bot_account().to_json({"email"}), "bot": True}

    def _bot_account(self) -> Person:
        # A bot has the ID of its application, and still a number after its name.
        return Person(
            self.id, self.name, "A bot.", discriminator="7312", verified=True, mfa_enabled=True
        )
