"""A blueprint for Authentik: an OpenID source that leads to Snowflake, with all values filled in.

``source`` is what is known of it, ``blueprint`` writes it down, ``instructions`` say what is left
to do by hand, and ``mappings`` are what Authentik evaluates of ours.
"""

from snowflake.operator.authentik.blueprint import blueprint
from snowflake.operator.authentik.source import Source

__all__ = ["Source", "blueprint"]
