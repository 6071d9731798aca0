"""The option that names a person."""

from typing import Annotated

import typer

from snowflake.cli.naming_clients import checked, discord_id


def person_id(value: str) -> str:
    """Answer the value of ``--person``, a Discord user ID.

    Raises:
        StartFault: it is none.
    """
    return checked(discord_id, value, "--person")


#: Every command that takes it is given an ID that has been checked.
Person = Annotated[
    str, typer.Option(help="The person's Discord user ID.", metavar="ID", parser=person_id)
]
