"""Erasing a person: unlinked first, then forgotten here, and their tokens revoked at Discord."""

from typing import NamedTuple

from snowflake.discord.client import DiscordClient
from snowflake.errors import OAuthError
from snowflake.linked_roles.disconnecting import disconnect, revoke_upstream
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.store.discord_tokens import StoredTokens
from snowflake.store.link import Link
from snowflake.store.people import Kept
from snowflake.telemetry.audit import audit


class Erased(NamedTuple):
    """What was kept, whose tokens Discord did not revoke, and whether it forgot the linked role."""

    kept: Kept
    living: list[str]
    is_withdrawn: bool


async def erase(person: str, state: State) -> Erased:
    """Erase everything about a person, by their Discord user ID. Their clients will hear of it.

    Raises:
        TemporarilyUnavailable: the store cannot be reached.
    """
    kept = await state.store.people.kept(person)
    is_withdrawn = kept.link is None or await _unlinked(kept.link, state)
    # Unlinking may have renewed the tokens, or ended them.
    left = await state.store.people.kept(person)
    await state.logout.erase(person)
    audit("purge", "erased", person=person)
    living = [
        tokens.application
        # Discord ends all of one application at once.
        for tokens in _newest(left.discord_tokens)
        if not await _revoked(tokens, state.discord, state.registry.account)
    ]
    return Erased(kept, living, is_withdrawn)


async def _unlinked(link: Link, state: State) -> bool:
    """Undo a link at Discord and upstream; erased it is in any case."""
    if state.settings.linked_roles is None:
        return False
    try:
        return await disconnect(link.person, state) != "untold"
    except OAuthError:
        await revoke_upstream(link, state)
        return False


def _newest(pairs: list[StoredTokens]) -> list[StoredTokens]:
    """Answer the newest pair for each Discord application."""
    by_age = sorted(pairs, key=lambda pair: pair.expires_at)
    return list({pair.application: pair for pair in by_age}.values())


async def _revoked(tokens: StoredTokens, discord: DiscordClient, own: Client) -> bool:
    is_ours = tokens.application == own.application
    try:
        await discord.oauth.revoke(
            client_id=tokens.application,
            client_secret=own.application_secret if is_ours else None,
            token=tokens.refresh_token or tokens.access_token,
        )
    except OAuthError:
        return False
    return True
