"""What a login asks of a person on Discord's page."""

from snowflake.oidc.needs import needs_of
from snowflake.oidc.notes import LoginNote
from snowflake.protocol.discord import Question
from snowflake.settings.registry import Client


def question_of(note: LoginNote, client: Client) -> Question:
    """Answer what is asked for a login of a client."""
    return Question(
        client_id=client.application,
        redirect_uri=note.discord_redirect_uri,
        scopes=needs_of(client, note.scope.split()).discord_scopes,
        verifier=note.verifier,
    )
