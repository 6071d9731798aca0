"""Where people may be sent on behalf of a registered client."""

from typing import Annotated

from pydantic import AfterValidator, Field

from snowflake.settings.tables.table import Table
from snowflake.uris.registered import check_registered, is_one_of


def _at_least_one(uris: tuple[str, ...]) -> tuple[str, ...]:
    if not uris:
        raise ValueError("must have at least one")
    return uris


RedirectUri = Annotated[str, AfterValidator(check_registered)]


class RedirectKeys(Table):
    """Where people may be sent."""

    redirect_uris: Annotated[tuple[RedirectUri, ...], AfterValidator(_at_least_one)] = Field(
        description=(
            "The application's own redirect URIs, to the letter, but for the port on `127.0.0.1`, "
            "`[::1]` and `localhost`. An app's may be in a scheme of its own, as in "
            "`com.example.app:/callback`. One that begins with `regex:` is a regular expression "
            r"for the whole, as in `'regex:https://.*\.example\.com/callback'`."
        )
    )
    post_logout_redirect_uris: tuple[RedirectUri, ...] = Field(
        default=(),
        description=(
            "Where people may be sent after they have signed out; written as `redirect_uris` are."
        ),
    )

    def redirects_to(self, uri: str) -> bool:
        """Whether a URI is one of its redirect URIs."""
        return is_one_of(uri, self.redirect_uris)
