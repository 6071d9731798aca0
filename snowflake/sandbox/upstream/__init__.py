"""A simulated OpenID provider: what linked roles are upstream of, with people and groups.

A request goes through these files in this order:

``provider``   records it, lets a planned failure happen, routes it
``routes``     has every path, as Authentik has them
``discovery``  says where what is, and publishes the keys
``authorize``  asks who of the ``people`` is there
``token``      gives tokens to ``clients`` for codes and refresh tokens, keeping ``grants``
``signing``    signs ID tokens; with a key of its own, unless it is told to lie (``lies``)
``userinfo``   says the same by itself

All of it lives in memory, in one :class:`SimulatedProvider`. It knows nothing of Snowflake, and
nothing of Discord but the failures that both simulations can have.
"""

from snowflake.sandbox.discord.failures import Failure
from snowflake.sandbox.upstream.clients import Client
from snowflake.sandbox.upstream.lies import Lie
from snowflake.sandbox.upstream.people import PEOPLE, Person
from snowflake.sandbox.upstream.provider import Route, SimulatedProvider

__all__ = ["PEOPLE", "Client", "Failure", "Lie", "Person", "Route", "SimulatedProvider"]
