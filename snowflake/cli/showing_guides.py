"""How guides look on a terminal, by rich: read when one is shown, and not with the command."""

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from snowflake import guides

#: Characters of a line that is still read with ease.
WIDTH = 100


def show_all() -> None:
    """List all guides, with what each is for."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name in guides.NAMES:
        table.add_row(name, guides.read(name).aim)
    Console().print(table)


def show(text: str) -> None:
    """Show a guide."""
    console = Console()
    if not console.is_terminal:
        # For a file, or another program to show.
        typer.echo(text, nl=False)
        return
    with console.pager(styles=True):
        console.print(Markdown(text, hyperlinks=False), width=min(console.width, WIDTH))
