"""``snowflake guide``."""

from typing import TYPE_CHECKING, Annotated

import typer

from snowflake import guides
from snowflake.configuration.hints import guess

if TYPE_CHECKING:
    from rich.table import Table

#: Characters of a line that is still read with ease.
WIDTH = 100


def guide(
    name: Annotated[
        str | None, typer.Argument(help="Which one. Without it, all of them are listed.")
    ] = None,
) -> None:
    """Read a guide, such as 'snowflake guide authentik'."""
    # At the start of a command adornments are passed over (``reading``); this is where it runs.
    from rich.console import Console  # noqa: PLC0415
    from rich.markdown import Markdown  # noqa: PLC0415

    console = Console()
    if name is None:
        console.print(_list())
        return
    try:
        text = guides.read(name).text
    except KeyError:
        raise typer.BadParameter(
            f"there is no guide of that name{guess(name.lower(), guides.NAMES) or _others()}",
            param_hint="NAME",
        ) from None
    if not console.is_terminal:
        # For a file, or another program to show.
        typer.echo(text, nl=False)
        return
    with console.pager(styles=True):
        console.print(Markdown(text, hyperlinks=False), width=min(console.width, WIDTH))


def _others() -> str:
    return f"; there are {', '.join(guides.NAMES)}"


def _list() -> "Table":
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name in guides.NAMES:
        table.add_row(name, guides.read(name).aim)
    return table
