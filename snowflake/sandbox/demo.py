"""The sandbox, wired up: a simulated Discord, Snowflake and an example application.

A simulated OpenID provider stands by for linked roles.

``snowflake sandbox`` runs it. To try an application of yours in your own tests, use ``running``.
"""

import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import NamedTuple

from snowflake.linked_roles.paths import DISCORD, START, UPSTREAM
from snowflake.linked_roles.schema import schema_of
from snowflake.protocol.paths import CALLBACK, FORWARDING
from snowflake.sandbox.configured import (
    ANOTHER,
    BOT_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    PROVIDER_CLIENT,
    TELEVISION,
    Trial,
    example_client,
    issuer_for,
    linked_roles_at,
    of_another,
    of_example,
    of_television,
    settings_for,
)
from snowflake.sandbox.discord import BOT_GUILDS, Application, Bot, SimulatedDiscord
from snowflake.sandbox.discord.places import COLLECTED, GUILDS
from snowflake.sandbox.example import Surroundings, create_example
from snowflake.sandbox.example.television import PATH
from snowflake.sandbox.serving import serving
from snowflake.sandbox.upstream import Client, SimulatedProvider
from snowflake.settings import REPOSITORY
from snowflake.telemetry.logs import configure_logs
from snowflake.web.app import create_app

GUIDES = f"{REPOSITORY}/tree/main/snowflake/guides"


class Sandbox(NamedTuple):
    """Where all of it is reached, the client as which applications may sign in, and its bot.

    ``another`` is a second application, to which whoever is signed in to the first one is signed in
    at once; None where a configuration file is tried.
    """

    example: str
    snowflake: str
    discord: str
    provider: str
    another: str | None = None
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    bot_token: str = BOT_TOKEN

    @property
    def television(self) -> str | None:
        """What has no browser of its own; None where a configuration file is tried."""
        return self.example + PATH if self.another is not None else None

    @property
    def linked_role(self) -> str:
        """Where Discord would send somebody who wants a linked role."""
        return self.snowflake + START


@contextmanager
def running(
    port: int | None = None,
    redirect_uris: Iterable[str] = (),
    trial: Trial | None = None,
    host: str = "127.0.0.1",
) -> Iterator[Sandbox]:
    """Run all of it until the block ends; without ``port``, on ports that are free.

    ``host`` is the address to listen on; all of it is reached as ``localhost`` whatever that is.
    ``redirect_uris`` are those of further applications that use the same client. Snowflake has a
    bot in a ``trial`` alone.

    Raises:
        OSError: a port is taken.
        StartFault: the configuration file to try cannot be used.
    """
    ports = range(port, port + 5) if port else (0,) * 5
    discord, provider = SimulatedDiscord(), SimulatedProvider()
    with (
        serving(discord.app, ports[2], host) as discord_origin,
        serving(provider.app, ports[3], host) as provider_origin,
    ):
        # Snowflake's bot asks as soon as there is a Snowflake.
        application = Application(
            id=CLIENT_ID,
            name="Example application",
            secret=CLIENT_SECRET,
            public=True,
            bot=Bot(BOT_TOKEN, BOT_GUILDS),
        )
        discord.register(application)
        linked_roles = linked_roles_at(provider.issuer_at(provider_origin))
        schema = [item.model_dump(exclude_none=True) for item in schema_of(linked_roles)]
        discord.role_connections.put_schema(CLIENT_ID, json.dumps(schema).encode())
        settings = settings_for(discord_origin, linked_roles, trial)
        client_id, client_secret = example_client(settings, trial)
        # What happens in a sandbox is of no account.
        configure_logs(settings, audited=False)
        app = create_app(settings)
        with ExitStack() as stack:
            snowflake = stack.enter_context(serving(app, ports[1], host))

            def apply(
                client_id: str, client_secret: str | None, at: int, surroundings: Surroundings
            ) -> str:
                key = secrets.token_urlsafe(32)
                issuer = issuer_for(client_id, settings, snowflake)
                example = create_example(issuer, client_id, client_secret, key, surroundings)
                return stack.enter_context(serving(example, at, host))

            surroundings, another = _surroundings(snowflake, trial), None
            if trial is None:
                second = replace(surroundings, name="Another application", is_first=False)
                another = apply(ANOTHER, CLIENT_SECRET, ports[4], second)
            television = TELEVISION if trial is None else None
            first = replace(surroundings, other=another, television=television)
            example = apply(client_id, client_secret, ports[0], first)
            if another is not None:
                # Where they are is known only now.
                clients = (of_example(example), of_another(another), of_television())
                app.state.snowflake.use(settings.model_copy(update={"clients": clients}))
            uris = (f"{example}/callback", *redirect_uris)
            discord.register(
                replace(
                    application,
                    # The long form for this Snowflake, the plain one for another; those of clients
                    # which are registered here, and of linked roles.
                    redirect_uris=(
                        *uris,
                        *(f"{snowflake}{FORWARDING}{uri}" for uri in uris),
                        f"{snowflake}{CALLBACK}",
                        snowflake + DISCORD,
                    ),
                )
            )
            provider.register(
                Client(PROVIDER_CLIENT, CLIENT_SECRET, "Snowflake", (snowflake + UPSTREAM,))
            )
            yield Sandbox(example, snowflake, discord_origin, provider_origin, another)


def _surroundings(snowflake: str, trial: Trial | None) -> Surroundings:
    """Answer what both applications say; without a file their groups are the IDs of guilds.

    A file gives groups names of its own, and a role's name may read like the ID of a guild.
    """
    names = {} if trial else {guild.id: guild.name for guild in (*GUILDS, *COLLECTED)}
    return Surroundings(linked_role=snowflake + START, guides=GUIDES, group_names=names)
