"""From the environment and ``snowflake.toml`` to ``Settings``, and whatever is wrong with either.

``loading`` goes from start to end: ``document`` reads the file and knows on which line everything
stands, ``variables``, ``secret_files`` and ``reverse_proxy`` say what else is set and where,
``words`` turn what Pydantic finds into sentences, and ``agreement`` finds what does not go
together; ``syntax`` and ``hints`` say what was perhaps meant. ``advice`` tells what can be used but
is better looked at again, ``summary`` what it all comes to. ``reloading`` does it again while
Snowflake runs.
"""

from snowflake.configuration.advice import FOR_AUTHENTIK, OBJECTS, cautions
from snowflake.configuration.loading import load_settings, load_some
from snowflake.configuration.summary import summary
from snowflake.configuration.variables import unknown_variables

__all__ = [
    "FOR_AUTHENTIK",
    "OBJECTS",
    "cautions",
    "load_settings",
    "load_some",
    "summary",
    "unknown_variables",
]
