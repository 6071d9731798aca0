"""``python -m tests.benchmarks``: run benchmarks and print the table."""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from tests.benchmarks import (
    authorize,
    discovery,
    growth,
    jwks,
    latency,
    logins,
    memory,
    report,
    sso,
    start,
)
from tests.benchmarks.effort import Effort
from tests.benchmarks.report import Row

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Benchmark = Callable[[Effort, Path], Iterable[Row]]

BENCHMARKS: Mapping[str, Benchmark] = {
    "logins": logins.run,
    "authorize": authorize.run,
    "discovery": discovery.run,
    "jwks": jwks.run,
    "latency": latency.run,
    "memory": memory.run,
    "start": start.run,
    "growth": growth.run,
    "sso": sso.run,
}


@app.command()
def main(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Any of {', '.join(BENCHMARKS)}; all if none.")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a Markdown table.")] = False,
) -> None:
    """Measure how quick Snowflake is."""
    unknown = sorted(set(names or ()) - BENCHMARKS.keys())
    if unknown:
        raise typer.BadParameter(f"no such benchmark: {', '.join(unknown)}")
    rows = measured(names or list(BENCHMARKS), Effort())
    write = report.markdown if markdown else report.plain
    typer.echo(write(rows, report.machine()))


def measured(names: Iterable[str], effort: Effort) -> list[Row]:
    """Run benchmarks one after the other, each in a directory that is thrown away.

    What is found is said at once too, to standard error: all of it takes some minutes.
    """
    rows: list[Row] = []
    for name in names:
        typer.echo(f"{name} …", err=True)
        with tempfile.TemporaryDirectory(prefix="snowflake-benchmark-") as directory:
            for row in BENCHMARKS[name](effort, Path(directory)):
                typer.echo(" · ".join(filter(None, row.cells)), err=True)
                rows.append(row)
    return rows


if __name__ == "__main__":
    app()
