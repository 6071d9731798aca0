"""Where a login goes: Discord's authorization page."""

from snowflake.oidc.needs import needs_of
from snowflake.oidc.notes import LoginNote
from snowflake.protocol import discord
from snowflake.settings.registry import Client
from snowflake.state import State


def discord_page(note: LoginNote, sealed: str, client: Client, prompt: str, state: State) -> str:
    """Answer the URL of Discord's authorization page for a login, whose note it takes along."""
    needs = needs_of(client, note.scope.split())
    return discord.discord_page(
        state.settings,
        client_id=client.application,
        redirect_uri=note.discord_redirect_uri,
        scopes=needs.discord_scopes,
        state=sealed,
        prompt=prompt,
        verifier=note.verifier,
    )
