"""A simulated Discord: OAuth2, the API routes that a login needs, its limits and its failures.

A request goes through these files in this order:

``simulation``  counts what is refused, and lets nobody in who is banned
``routes``      has every path
``authorize``   asks a person of the cast (``cast``) what they allow (``scopes``)
``token``       gives tokens for codes, keeping ``grants``
``api``         answers an application who the person is and where, within ``limits``
``bot_api``     answers a bot who is in its guilds, and what the roles there are

What applications say of people for linked roles is in ``role_connections``.

All of it lives in memory, in one :class:`SimulatedDiscord`; nothing is ever sent to the real one.
"""

from snowflake.sandbox.discord.applications import Application
from snowflake.sandbox.discord.bots import Bot
from snowflake.sandbox.discord.cast import CAST
from snowflake.sandbox.discord.guilds import Guild, Role
from snowflake.sandbox.discord.limits import Limit
from snowflake.sandbox.discord.paths import Route
from snowflake.sandbox.discord.people import GUEST, Membership, Person
from snowflake.sandbox.discord.places import BOT_GUILDS, GUILDS
from snowflake.sandbox.discord.simulation import SimulatedDiscord
from snowflake.sandbox.failures import Failure
from snowflake.sandbox.requests import RecordedRequest
from snowflake.sandbox.spoiling import LEFT_OUT

__all__ = [
    "BOT_GUILDS",
    "CAST",
    "GUEST",
    "GUILDS",
    "LEFT_OUT",
    "Application",
    "Bot",
    "Failure",
    "Guild",
    "Limit",
    "Membership",
    "Person",
    "RecordedRequest",
    "Role",
    "Route",
    "SimulatedDiscord",
]
