"""The OAuth source that a blueprint makes."""

from dataclasses import dataclass

from snowflake.configuration import FOR_AUTHENTIK, OBJECTS
from snowflake.protocol.paths import OPENID_CONFIGURATION
from snowflake.settings.client import Client
from snowflake.settings.phc import HASH


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of the source. ``authentik`` is Authentik's address, without a slash.

    ``issuer`` is the one that all clients share, which is Snowflake's own address.
    ``group_prefix`` is what the names of its groups begin with in Authentik.
    """

    client: Client
    issuer: str
    authentik: str
    slug: str
    name: str
    group_prefix: str = ""

    @property
    def brings_groups(self) -> bool:
        """Whether Authentik asks it for groups."""
        return self.client.allows_scope("groups")

    @property
    def well_known_url(self) -> str:
        """Where Authentik finds the client's issuer, which may be one of its own."""
        return self.client.issuer_below(self.issuer) + OPENID_CONFIGURATION

    @property
    def callback(self) -> str:
        """The redirect URI that Authentik sends. It ends with a slash."""
        return f"{self.authentik}{FOR_AUTHENTIK}{self.slug}/"

    @property
    def fault(self) -> str | None:
        """What makes a login fail in Authentik, as Snowflake is configured."""
        return OBJECTS if self.brings_groups and self.client.groups.shape == "object" else None

    @property
    def variable(self) -> str:
        """The variable from which Authentik takes a secret that is not known here."""
        return f"{self.slug}_client_secret".upper().replace("-", "_")

    @property
    def secret(self) -> str | None:
        """The client's secret; None if Snowflake does not have it, or only its hash."""
        registered = self.client.registered
        if registered is None or registered.secret is None:
            return None
        secret = registered.secret.get_secret_value()
        return None if secret.startswith(HASH) else secret
