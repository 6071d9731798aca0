"""Redirect URIs: which may be registered, and whether one that came is among them.

``checks`` asks of a URI on the web the form in which everybody reads it in the same way,
``private_use`` the same of one that leads into an app. ``registered`` is what may stand in
``[[clients]]`` and how it is compared with what came: to the letter, with any port on loopback, or
by a pattern (``patterns``). ``differences`` says in plain words why a comparison failed, and
``parameters`` adds the answer to a URI. ``secure`` is for all URLs, of applications and others:
whether a secret may travel there.
"""

from snowflake.uris.checks import MAX_FIELDS, RESERVED, check_uri
from snowflake.uris.parameters import with_fragment, with_parameters

__all__ = ["MAX_FIELDS", "RESERVED", "check_uri", "with_fragment", "with_parameters"]
