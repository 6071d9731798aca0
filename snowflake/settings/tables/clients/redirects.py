"""Where people may be sent on behalf of a registered client."""

from typing import Annotated

from pydantic import AfterValidator, Field

from snowflake.settings.tables.table import Table
from snowflake.uris.registered import check_registered, is_one_of

RedirectUri = Annotated[str, AfterValidator(check_registered)]


class RedirectKeys(Table):
    """Where people may be sent."""

    redirect_uris: tuple[RedirectUri, ...] = Field(
        default=(),
        description=(
            "The application's own redirect URIs, to the letter, but for the port on `127.0.0.1`, "
            "`[::1]` and `localhost`. An app's may be in a scheme of its own, as in "
            "`com.example.app:/callback`. One that begins with `regex:` is a regular expression "
            r"for the whole, as in `'regex:https://.*\.example\.com/callback'`. Only a client that "
            "signs nobody in by a browser of its own needs none."
        ),
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
