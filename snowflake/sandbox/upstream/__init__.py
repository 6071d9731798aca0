"""A simulated OpenID provider: what linked roles are upstream of, with people and groups.

A request goes through these files in this order:

``routes``     has every path, as Authentik has them
``discovery``  says where what is, and publishes the keys
``pushed``     keeps requests that clients send by themselves, where it takes them
``authorize``  asks who of the ``people`` is there
``token``      gives tokens to ``clients`` for codes and refresh tokens, keeping ``grants``
``signing``    signs ID tokens; with a key of its own, unless it is told to lie (``lies``)
``userinfo``   says the same by itself

All of it lives in memory, in one :class:`SimulatedProvider`. It knows nothing of Snowflake or
Discord.
"""

from snowflake.sandbox.failures import Failure
from snowflake.sandbox.upstream.clients import Client
from snowflake.sandbox.upstream.lies import Lie
from snowflake.sandbox.upstream.paths import Route
from snowflake.sandbox.upstream.people import PEOPLE, Person
from snowflake.sandbox.upstream.provider import SimulatedProvider

__all__ = ["PEOPLE", "Client", "Failure", "Lie", "Person", "Route", "SimulatedProvider"]
