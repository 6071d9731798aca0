"""The response modes: how an answer gets to the application (OAuth Multiple Response Types, 2.1).

A new response mode is one file and one line here.
"""

from collections.abc import Callable, Mapping
from typing import Final

from snowflake.errors import Back
from snowflake.oidc.response_modes.form_post import form_post
from snowflake.oidc.response_modes.fragment import fragment
from snowflake.oidc.response_modes.query import query

#: From a redirect URI and the parameters of an answer to where the browser goes with it.
MODES: Final[Mapping[str, Callable[[str, Mapping[str, str]], Back]]] = {
    "query": query,
    "fragment": fragment,
    "form_post": form_post,
}
