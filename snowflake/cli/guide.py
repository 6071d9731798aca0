"""``snowflake guide``."""

from typing import Annotated

import typer

from snowflake import guides
from snowflake.configuration.hints import guess


def guide(
    name: Annotated[
        str | None, typer.Argument(help="Which one. Without it, all of them are listed.")
    ] = None,
) -> None:
    """Read a guide, such as 'snowflake guide authentik'."""
    # At the start of a command what it needs is passed over (``reading``).
    from snowflake.cli.showing_guides import show, show_all  # noqa: PLC0415

    if name is None:
        show_all()
        return
    try:
        text = guides.read(name).text
    except KeyError:
        raise typer.BadParameter(
            f"there is no guide of that name{guess(name.lower(), guides.NAMES) or _others()}",
            param_hint="NAME",
        ) from None
    show(text)


def _others() -> str:
    return f"; there are {', '.join(guides.NAMES)}"
