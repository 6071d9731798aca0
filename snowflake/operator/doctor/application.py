"""Whether client ID and secret of Snowflake's own Discord application are good."""

from collections.abc import AsyncIterator

from snowflake.errors import CodeUnreadable, InvalidClient, InvalidGrant, TemporarilyUnavailable
from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.protocol.paths import CALLBACK

SUBJECT = "application"
UNTOLD = "Discord did not say whether the secret is good"


async def application(connections: Connections) -> AsyncIterator[Finding]:
    """Try to redeem a code that nobody has made.

    Discord looks at the secret first: it does not know the code if the secret is good. If it is
    not, the answer counts once towards a ban.
    """
    settings = connections.settings
    client_id, secret = settings.discord_client_id, settings.discord_client_secret
    if client_id is None or secret is None:
        text = "Snowflake has none of its own; Discord applications bring theirs"
        yield Finding(Status.NOTE, SUBJECT, text)
        return
    try:
        await connections.discord.oauth.exchange_code(
            client_id=client_id,
            client_secret=secret,
            code="snowflake-doctor",
            redirect_uri=f"{settings.issuer or 'https://snowflake.example.com'}{CALLBACK}",
            code_verifier="snowflake-doctor-has-a-verifier-of-43-characters",
        )
    except InvalidClient:
        yield Finding(
            Status.FAULT,
            SUBJECT,
            "Discord does not accept the client ID and client secret",
            "Copy both from OAuth2 in the Developer Portal into SNOWFLAKE_DISCORD_CLIENT_ID and "
            "SNOWFLAKE_DISCORD_CLIENT_SECRET.",
        )
    except (CodeUnreadable, TemporarilyUnavailable):
        yield Finding(Status.WARNING, SUBJECT, UNTOLD)
    except InvalidGrant:
        yield Finding(Status.OK, SUBJECT, "Discord accepts the client ID and client secret")
