"""What a command tells people in columns."""

from collections.abc import Iterable, Sequence

import typer


def show_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of text below their heads, each column as wide as its widest cell."""
    lines = [heads, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())
