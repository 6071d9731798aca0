"""``snowflake clients``: registered clients for ``snowflake.toml``."""

import asyncio
import json
import re
import secrets
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from pydantic import SecretStr, ValidationError

from snowflake.configuration.document import Document
from snowflake.configuration.loading import configuration_file
from snowflake.configuration.words import reason_of
from snowflake.crypto.secret_hashes import SecretHashes
from snowflake.errors import StartFault
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.clients.credentials import check_secret
from snowflake.settings.tables.clients.machines import CLIENT_CREDENTIALS
from snowflake.settings.tables.clients.responses import DEVICE_CODE, GrantType
from snowflake.uris.native_apps import remark

#: Random bytes of a secret.
SECRET_LENGTH = 32


def hash_secret() -> None:
    """Print the hash of a client secret, for 'secret' in snowflake.toml.

    The secret is asked for, or read from standard input. A hash can't be turned back into the
    secret, so the file gives nothing away.
    """
    if _is_terminal():
        secret = typer.prompt("Client secret", hide_input=True, default="", err=True)
    else:
        secret = sys.stdin.read()
    secret = secret.strip()
    if not secret:
        typer.echo("There is no secret to hash.", err=True)
        raise typer.Exit(1)
    try:
        check_secret(secret)
    except ValueError as error:
        typer.echo(f"No application could present it: the secret {error}.", err=True)
        raise typer.Exit(1) from None
    typer.echo(_hash(secret))


def new(  # noqa: PLR0913 - one for each option
    name: Annotated[str, typer.Argument(help="What people know the application by.")],
    redirect_uri: Annotated[
        list[str] | None, typer.Option(help="A redirect URI of the application; may be repeated.")
    ] = None,
    client_id: Annotated[
        str | None, typer.Option("--id", help="The client ID. By default made of the name.")
    ] = None,
    *,
    public: Annotated[
        bool, typer.Option("--public", help="The application can keep no secret.")
    ] = False,
    machine: Annotated[
        bool, typer.Option("--machine", help="Nobody signs in: it gets tokens for itself.")
    ] = False,
    device: Annotated[
        bool, typer.Option("--device", help="It has no browser: people enter a code elsewhere.")
    ] = False,
) -> None:
    """Print a new client, to be added to snowflake.toml.

    So that it can be added with '>> snowflake.toml', only that goes to standard output. The client
    ID and the secret to enter in the application go to standard error. The secret is shown this
    once: the file holds its hash.
    """
    if machine and device:
        typer.echo("--device: nobody signs in to a machine; choose one of the two", err=True)
        raise typer.Exit(2)
    secret, redirect_uris = secrets.token_urlsafe(SECRET_LENGTH), redirect_uri or []
    try:
        client = ClientTable(
            id=client_id or _id_of(name),
            name=name,
            secret=None if public else SecretStr(_hash(secret)),
            public=public,
            redirect_uris=tuple(redirect_uris),
            grant_types=tuple(_grant_types(redirect_uris, machine=machine, device=device)),
        )
    except ValidationError as error:
        for details in error.errors():
            typer.echo(f"{_option(details['loc'], redirect_uris)}: {reason_of(details)}", err=True)
        raise typer.Exit(2) from None
    # Before its lines are in the file, to which they may be going.
    if client.id in _configured_ids():
        typer.echo(f"--id: another client has {client.id} already; choose one for this", err=True)
        raise typer.Exit(2)
    typer.echo(_stanza(client))
    _tell_of_native_apps(client)
    typer.echo("To enter in the application:", err=True)
    typer.echo(f"  client ID:     {client.id}", err=True)
    if not public:
        typer.echo(f"  client secret: {secret}", err=True)
        typer.echo("Snowflake shows the secret only now.", err=True)


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _hash(secret: str) -> str:
    return asyncio.run(SecretHashes().make("", SecretStr(secret)))


def _grant_types(
    redirect_uris: Sequence[str], *, machine: bool, device: bool
) -> Sequence[GrantType]:
    """Answer what a client may bring; a device signs in by a browser too, if it can come back."""
    if machine:
        return (CLIENT_CREDENTIALS,)
    usual: tuple[GrantType, ...] = ClientTable.model_fields["grant_types"].default
    if not device:
        return usual
    return DEVICE_CODE, *(usual if redirect_uris else ("refresh_token",))


def _id_of(name: str) -> str:
    """Make a name part of a URL, or answer a random ID if nothing of it can be."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or secrets.token_hex(8)


def _configured_ids() -> list[object]:
    """Answer the IDs in the configuration file, whatever else may be wrong with it."""
    path = configuration_file()
    try:
        tables = Document.read(path).data.get("clients") if path else None
    except StartFault:
        # It may be half written; ``check`` tells its faults.
        return []
    listed = tables if isinstance(tables, list) else []
    return [table.get("id") for table in listed if isinstance(table, dict)]


def _tell_of_native_apps(client: ClientTable) -> None:
    remarks = [remark(uri) for uri in client.redirect_uris]
    if remarks and all(remarks) and not client.public:
        remarks.append("what people install can keep no secret; see --public")
    for text in filter(None, remarks):
        typer.echo(f"Note: {text}.", err=True)


def _option(loc: Sequence[str | int], redirect_uris: Sequence[str]) -> str:
    match loc:
        case ("redirect_uris", int(at)):
            return f"--redirect-uri {redirect_uris[at]}"
        case ("id",):
            return "--id"
        case ("name",):
            return "NAME"
        case _:
            # Options that do not go together, such as --public and --machine.
            return "This client"


def _stanza(client: ClientTable) -> str:
    """Write a client as TOML, whose strings are those of JSON."""
    lines = ["", "[[clients]]"]
    for key in ("id", "name", "secret", "public", "grant_types", "redirect_uris"):
        value = getattr(client, key)
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if value != ClientTable.model_fields[key].default:
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines)
