"""``snowflake sandbox``."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from snowflake.errors import StartFault
from snowflake.uris.hosts import MAX_PORT

if TYPE_CHECKING:
    from snowflake.sandbox.demo import Sandbox

HOST, PORT = "127.0.0.1", 8000
#: Where ``localhost`` leads, also from outside of a container. By no other name there is a login,
#: since all is plain HTTP.
HOSTS = (HOST, "0.0.0.0")  # noqa: S104

#: What the extra brings.
EXTRA: Final = frozenset({"authlib", "itsdangerous", "segno"})
LACKING: Final = (
    "The sandbox needs more than Snowflake itself: pip install 'snowflake-oidc[sandbox]', or in a "
    "checkout pip install '.[sandbox]', or build the image with --target sandbox."
)


def _host(host: str) -> str:
    if host not in HOSTS:
        raise typer.BadParameter(f"it has to be {' or '.join(HOSTS)}")
    return host


def sandbox(  # noqa: PLR0913 - each is an option
    *,
    port: Annotated[
        int | None,
        typer.Option(
            help=(
                "Port of the example application; the next four are those of Snowflake, Discord, "
                "the OpenID provider of linked roles, and another application."
            ),
            min=1,
            max=MAX_PORT - 4,
            show_default=str(PORT),
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            callback=_host,
            help="Address to listen on: 0.0.0.0 is for a container that publishes the five ports. "
            "All of it is reached as localhost.",
        ),
    ] = HOST,
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(
            help="A redirect URI of your own application, to try it here. May be repeated."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=(
                "A snowflake.toml whose groups, access and clients to try on the people of the "
                "sandbox. All that it says of Discord and of the deployment is passed over."
            ),
        ),
    ] = None,
    client: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="The client of that file as which the example application signs people in.",
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help=(
                "Sign in once, and once by a code, without a browser, and end; on free ports "
                "unless --port is given."
            ),
        ),
    ] = False,
) -> None:
    """Try Snowflake on this machine, with a simulated Discord.

    An example application shows a whole login and the claims that come out of it. The sandbox
    needs no network, no Discord account and no configuration, and keeps nothing.
    """
    try:
        # Only the sandbox needs Authlib, which is an extra.
        from snowflake.sandbox.configured import Trial  # noqa: PLC0415
        from snowflake.sandbox.demo import running  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRA:
            raise
        typer.echo(LACKING, err=True)
        raise typer.Exit(1) from error
    if client is not None and config is None:
        raise StartFault(["--client: needs --config, the file in which it is registered"])
    trial = Trial(config, client) if config is not None else None
    try:
        with running(port if check else port or PORT, redirect_uri or (), trial, host) as started:
            if check:
                _check(started)
            else:
                _show_until_interrupted(started)
    except OSError as error:
        taken = f"{error.strerror}. The sandbox needs port {port or PORT} and the next four."
        typer.echo(f"{taken} Choose another with --port.", err=True)
        raise typer.Exit(1) from error


def _check(started: "Sandbox") -> None:
    from snowflake.sandbox.check import CheckFailed, sign_in, sign_in_by_code  # noqa: PLC0415

    try:
        claims = sign_in(started.example)
        if started.television is not None:
            sign_in_by_code(started.television)
    except CheckFailed as error:
        typer.echo(f"The login failed: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"Signed in as {claims['name']} ({claims['sub']}). All is well.")


def _show_until_interrupted(started: "Sandbox") -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    typer.echo(f"Open {started.example} in a browser and sign in. Ctrl+C ends it.\n")
    if started.another is not None:
        typer.echo("To be signed in to another application at once, and signed out of both, open")
        typer.echo(f"  {started.another}\n")
    if started.television is not None:
        typer.echo("To sign in to a television, which has no browser of its own, open")
        typer.echo(f"  {started.television}\n")
    typer.echo("To try linked roles, as Discord would send you there, open")
    typer.echo(f"  {started.linked_role}\n")
    typer.echo("To try an application of your own, give it:")
    typer.echo(f"  issuer         {started.snowflake}")
    typer.echo(f"  client ID      {started.client_id}")
    typer.echo(f"  client secret  {started.client_secret}")
    typer.echo("and start this command with --redirect-uri and its redirect URI.\n")
    typer.echo("To try a Snowflake of your own against this Discord, start it with")
    typer.echo(f"  SNOWFLAKE_DISCORD_API_URL={started.discord}/api/v10")
    typer.echo(f"  SNOWFLAKE_DISCORD_AUTHORIZE_URL={started.discord}/oauth2/authorize")
    typer.echo(f"  SNOWFLAKE_DISCORD_BOT_TOKEN={started.bot_token}")
    typer.echo("and, for registered clients,")
    typer.echo(f"  SNOWFLAKE_DISCORD_CLIENT_ID={started.client_id}")
    typer.echo(f"  SNOWFLAKE_DISCORD_CLIENT_SECRET={started.client_secret}")
    typer.echo("and this command with --redirect-uri and the whole URI, /r/ included, or with its")
    typer.echo("/callback for registered clients.\n")
    typer.echo("To try groups and access, write a snowflake.toml and start this command with")
    typer.echo("--config and the file. These are the servers and roles that people have here:")
    for line in _places():
        typer.echo(f"  {line}")
    ended.wait()


def _places() -> Iterator[str]:
    """Answer the IDs and names of two servers, and of roles that are not a bot's or the like."""
    from snowflake.sandbox.discord.places import GUILDS, LIGHTHOUSE, SOURDOUGH  # noqa: PLC0415

    for guild in GUILDS:
        if guild.id in {LIGHTHOUSE, SOURDOUGH}:
            yield f"{guild.id}  {guild.name}"
            yield from (f"{role.id}    {role.name}" for role in guild.roles if not role.managed)
