"""Which applications may use Snowflake, and how people come back to them."""

from pydantic import Field

from snowflake.settings.values import Names
from snowflake.settings.variables.variables import Variables


class ApplicationVariables(Variables):
    """Which applications may use Snowflake, and how people come back to them."""

    allowed_clients: Names = Field(
        default=("*",),
        description=(
            "Client IDs of the Discord applications that may use this Snowflake, separated by "
            "commas. `*` allows all."
        ),
    )
    fix_redirect_uris: bool = Field(
        default=True,
        description=(
            "Turn an application's own redirect URI into the one that Discord knows, "
            "`{issuer}/r/{redirect URI}`. When false, applications must send the long form "
            "themselves."
        ),
    )
    return_to_referrer: bool = Field(
        default=False,
        description=(
            "When a person refuses, send them back to the page on which they began (the `Referer` "
            "at the authorization endpoint) rather than answer the application with "
            "`access_denied`. Only if that page is on the same origin as the redirect URI."
        ),
    )

    def allows_client(self, client_id: str) -> bool:
        """Whether a client is on the list of those allowed."""
        return "*" in self.allowed_clients or client_id in self.allowed_clients
