"""What a login asks of a person on Discord's page."""

from snowflake.oidc.needs import needs_of
from snowflake.oidc.notes import LoginNote
from snowflake.oidc.requested_claims import scopes_asked
from snowflake.protocol.discord import Question, discord_page
from snowflake.settings.client import Client
from snowflake.state import State


def page_for(note: LoginNote, client: Client, prompt: str, at: float, state: State) -> str:
    """Answer the URL of Discord's page for a login of a client, which takes its note along.

    ``prompt`` is Discord's; the note counts from ``at``, a Unix time in seconds.
    """
    asked = scopes_asked(note.scope.split(), note.requested, client)
    question = Question(
        client_id=client.application,
        redirect_uri=note.discord_redirect_uri,
        scopes=needs_of(client, asked).discord_scopes,
        verifier=note.verifier,
    )
    return discord_page(state.settings, question, state.sealer.seal(note, at), prompt)
