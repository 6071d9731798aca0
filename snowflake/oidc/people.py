"""Asking Discord who somebody is."""

import asyncio
from collections.abc import Iterable

from pydantic import SecretStr

from snowflake.oidc import scopes
from snowflake.oidc.scopes import Person
from snowflake.state import State


async def fetch_person(names: Iterable[str], access_token: SecretStr, state: State) -> Person:
    """Ask Discord for everything that the scopes need, side by side.

    Raises:
        InvalidGrant: Discord no longer accepts the token.
        TemporarilyUnavailable: Discord gave no usable answer.
    """
    if "guilds" in scopes.discord_scopes(names):
        user, guilds = await asyncio.gather(
            state.discord.user(access_token), state.discord.guilds(access_token)
        )
    else:
        user, guilds = await state.discord.user(access_token), []
    trusted = user.verified or state.settings.include_unverified_email
    return Person(user, tuple(guilds), user.email if trusted else None)
