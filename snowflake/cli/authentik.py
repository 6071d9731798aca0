"""``snowflake authentik``."""

import re
from functools import partial
from typing import Annotated, Final

import typer
from pydantic import AfterValidator, TypeAdapter

from snowflake.cli.naming_clients import checked, client_named
from snowflake.configuration import load_settings
from snowflake.errors import StartFault
from snowflake.operator.authentik import Source, blueprint
from snowflake.settings.tables.groups import MAX_GROUP_TEXT
from snowflake.settings.values import Issuer, check_url

#: Authentik's address, where none is given.
EXAMPLE: Final = "https://authentik.example.com"
_issuer = TypeAdapter[str](Issuer)
_authentik = TypeAdapter[str](Annotated[str, AfterValidator(partial(check_url, like=EXAMPLE))])
_SLUG = re.compile(r"[A-Za-z0-9_-]{1,50}")


def authentik(  # noqa: PLR0913 - an operator may choose each
    *,
    client: Annotated[
        str,
        typer.Option(
            metavar="ID",
            help="A client of snowflake.toml, or the client ID of a Discord application.",
        ),
    ],
    issuer: Annotated[
        str | None, typer.Option(help="Snowflake's address.", show_default="SNOWFLAKE_ISSUER")
    ] = None,
    slug: Annotated[str, typer.Option(help="Slug of the source in Authentik.")] = "discord",
    name: Annotated[str, typer.Option(help="What people read on the button.")] = "Discord",
    authentik: Annotated[str, typer.Option(help="Authentik's address.")] = EXAMPLE,
    group_prefix: Annotated[
        str, typer.Option(help="What the names of its groups begin with.", show_default=False)
    ] = "",
) -> None:
    """Print a blueprint for Authentik that makes the source for Discord.

    It begins with what is left to do by hand. If the client's secret stands in snowflake.toml, it
    is in the blueprint too.
    """
    settings = load_settings()
    if not _SLUG.fullmatch(slug):
        raise StartFault(["--slug: takes letters, digits, hyphens and underscores"])
    if not group_prefix.isprintable() or len(group_prefix) > MAX_GROUP_TEXT:
        raise StartFault([f"--group-prefix: takes one line of at most {MAX_GROUP_TEXT} characters"])
    if issuer is None and settings.issuer is None:
        raise StartFault(["--issuer: is needed, since SNOWFLAKE_ISSUER is not set"])
    known = client_named(client, settings)
    if known.registered is not None and known.registered.public:
        raise StartFault(["--client: is public, but Authentik needs one with a secret"])
    if not known.gets("code"):
        raise StartFault(["--client: signs in nobody by a code, as Authentik needs"])
    source = Source(
        client=known,
        issuer=settings.issuer or "" if issuer is None else checked(_issuer, issuer, "--issuer"),
        authentik=checked(_authentik, authentik, "--authentik").removesuffix("/"),
        slug=slug,
        name=name,
        group_prefix=group_prefix,
    )
    if source.fault is not None:
        typer.echo(f"Warning: {source.fault}.", err=True)
    typer.echo(blueprint(source), nl=False)
