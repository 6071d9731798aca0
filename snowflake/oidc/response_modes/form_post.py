"""An answer in a form that the browser posts (OAuth 2.0 Form Post Response Mode 1.0)."""

from collections.abc import Mapping

from snowflake.errors import Back


def form_post(redirect_uri: str, answered: Mapping[str, str]) -> Back:
    """Put an answer into the fields of a form that is sent to the redirect URI."""
    return Back(redirect_uri, answered)
