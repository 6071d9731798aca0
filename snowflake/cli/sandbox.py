"""``snowflake sandbox``: a simulated Discord, Snowflake and an example application, wired up."""

import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NamedTuple

import typer
from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from snowflake.keys import generate_key
from snowflake.logs import configure_logs
from snowflake.settings import Settings
from snowflake.web.app import create_app

#: The Discord application of the sandbox. Its secret is no secret.
CLIENT_ID, CLIENT_SECRET = "1056005449054429204", "the-sandbox-has-no-secrets"


class Sandbox(NamedTuple):
    """Where the three are reached."""

    example: str
    snowflake: str
    discord: str


class SandboxSettings(Settings):
    """Settings that no variable reaches: the sandbox is the same for everybody."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments alone."""
        return (init_settings,)


def sandbox(
    *,
    port: Annotated[
        int,
        typer.Option(
            help="Port of the example application; the next two are Snowflake's and Discord's.",
            min=1,
            max=65533,
        ),
    ] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(
            help="A redirect URI of your own application, to try it here. May be repeated."
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Sign in once without a browser, on free ports, and end."),
    ] = False,
) -> None:
    """Try Snowflake on this machine, with a simulated Discord.

    An example application shows a whole login and the claims that come out of it. The sandbox
    needs no network, no Discord account and no configuration, and keeps nothing.
    """
    try:
        if check:
            with running(host) as running_sandbox:
                _check(running_sandbox)
        else:
            with running(host, port, redirect_uri or ()) as running_sandbox:
                _show(running_sandbox)
                _wait_for_interrupt()
    except OSError as error:
        taken = f"{error.strerror}. The sandbox needs port {port} and the next two."
        typer.echo(f"{taken} Choose another with --port.", err=True)
        raise typer.Exit(1) from error


@contextmanager
def running(
    host: str = "127.0.0.1",
    port: int | None = None,
    redirect_uris: tuple[str, ...] | list[str] = (),
) -> Iterator[Sandbox]:
    """Run the three until the block ends; without ``port``, on ports that are free.

    ``redirect_uris`` are those of further applications that use the same client.

    Raises:
        OSError: a port is taken.
    """
    # Only the sandbox needs Authlib, which is an extra.
    from snowflake.sandbox.discord import Application, SimulatedDiscord  # noqa: PLC0415
    from snowflake.sandbox.example import create_example  # noqa: PLC0415
    from snowflake.sandbox.serving import serving  # noqa: PLC0415

    ports = (port, port + 1, port + 2) if port else (0, 0, 0)
    discord = SimulatedDiscord()
    with serving(discord.app, ports[2], host) as discord_origin:
        settings = SandboxSettings(
            private_key=SecretStr(generate_key()),
            database_url=SecretStr("sqlite://"),
            secret_key=SecretStr(secrets.token_urlsafe(32)),
            discord_api_url=f"{discord_origin}/api/v10",
            discord_authorize_url=f"{discord_origin}/oauth2/authorize",
            log_level="warning",
        )
        configure_logs(settings)
        with serving(create_app(settings), ports[1], host) as snowflake:
            example_app = create_example(
                snowflake, CLIENT_ID, CLIENT_SECRET, secret_key=secrets.token_urlsafe(32)
            )
            with serving(example_app, ports[0], host) as example:
                uris = (f"{example}/callback", *redirect_uris)
                discord.register(
                    Application(
                        id=CLIENT_ID,
                        name="Example application",
                        secret=CLIENT_SECRET,
                        redirect_uris=tuple(f"{snowflake}/r/{uri}" for uri in uris),
                        public=True,
                    )
                )
                yield Sandbox(example, snowflake, discord_origin)


def _check(running_sandbox: Sandbox) -> None:
    from snowflake.sandbox.check import CheckFailed, sign_in  # noqa: PLC0415

    try:
        claims = sign_in(running_sandbox.example)
    except CheckFailed as error:
        typer.echo(f"The login failed: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"Signed in as {claims['name']} ({claims['sub']}). All is well.")


def _show(running_sandbox: Sandbox) -> None:
    typer.echo(f"Open {running_sandbox.example} in a browser and sign in. Ctrl+C ends it.\n")
    typer.echo("To try an application of your own, give it:")
    typer.echo(f"  issuer         {running_sandbox.snowflake}")
    typer.echo(f"  client ID      {CLIENT_ID}")
    typer.echo(f"  client secret  {CLIENT_SECRET}")
    typer.echo("and start this command with --redirect-uri and its redirect URI.")


def _wait_for_interrupt() -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
