"""An answer in the fragment of the redirect URI, which browsers keep to themselves."""

from collections.abc import Mapping

from snowflake.errors import Back
from snowflake.uris import with_fragment


def fragment(redirect_uri: str, answered: Mapping[str, str]) -> Back:
    """Put an answer behind the redirect URI, whose query stays as it is."""
    return Back(with_fragment(redirect_uri, answered))
