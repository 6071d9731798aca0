"""An answer in the query of the redirect URI: of codes, and of errors in their place."""

from collections.abc import Mapping

from snowflake.errors import Back
from snowflake.uris import with_parameters


def query(redirect_uri: str, answered: Mapping[str, str]) -> Back:
    """Add an answer to the query that the redirect URI has."""
    return Back(with_parameters(redirect_uri, answered))
