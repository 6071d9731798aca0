"""``python -m tests.benchmarks``: run benchmarks and print the table."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from tests.benchmarks import (
    authorize,
    discovery,
    growth,
    jwks,
    kinds,
    latency,
    logins,
    memory,
    refresh,
    report,
    sso,
    start,
)
from tests.benchmarks.against import COMPARED, USUAL, compare
from tests.benchmarks.effort import Effort
from tests.benchmarks.report import Row
from tests.benchmarks.rivals import comparison
from tests.benchmarks.trees import NoTree, tree_of

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Benchmark = Callable[[Effort, Path], Iterable[Row]]

BENCHMARKS: Mapping[str, Benchmark] = {
    "logins": logins.run,
    "kinds": kinds.run,
    "authorize": authorize.run,
    "discovery": discovery.run,
    "jwks": jwks.run,
    "latency": latency.run,
    "memory": memory.run,
    "start": start.run,
    "growth": growth.run,
    "sso": sso.run,
    "refresh": refresh.run,
    "rivals": comparison.run,
}
#: Those that are run when nobody names any: they need nothing that has to be fetched.
OWN = tuple(name for name in BENCHMARKS if name != "rivals")


@app.command()
def main(
    names: Annotated[
        list[str] | None,
        typer.Argument(help=f"Any of {', '.join(BENCHMARKS)}; all but rivals if none."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="REV",
            help="The CPU time of today's tree over that of a commit. NAMES are then any of "
            f"{', '.join(COMPARED)}; {', '.join(USUAL)} if none.",
        ),
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a Markdown table.")] = False,
) -> None:
    """Measure how quick Snowflake is."""
    known = BENCHMARKS if against is None else COMPARED
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        raise typer.BadParameter(f"no such benchmark: {', '.join(unknown)}")
    notes = report.machine()
    if against is None:
        rows = measured(names or OWN, Effort())
    else:
        rows, packages = compared(names or USUAL, against, Effort())
        notes.append(packages)
    write = report.markdown if markdown else report.plain
    typer.echo(write(rows, notes))


def compared(names: Sequence[str], revision: str, effort: Effort) -> tuple[list[Row], str]:
    """Run today's tree beside a commit; answer what was found, and what the commit ran on."""
    with tempfile.TemporaryDirectory(prefix="snowflake-benchmark-") as directory:
        try:
            with tree_of(revision, Path(directory)) as other:
                rows = list(_told(compare(names, other, effort, Path(directory))))
        except NoTree as missing:
            raise typer.BadParameter(str(missing), param_hint="--against") from missing
        return rows, f"{other.name} ran in {other.environment}"


def measured(names: Iterable[str], effort: Effort) -> list[Row]:
    """Run benchmarks one after the other, each in a directory that is thrown away.

    What is found is said at once too, to standard error: all of it takes some minutes.
    """
    rows: list[Row] = []
    for name in names:
        typer.echo(f"{name} …", err=True)
        with tempfile.TemporaryDirectory(prefix="snowflake-benchmark-") as directory:
            rows += _told(BENCHMARKS[name](effort, Path(directory)))
    return rows


def _told(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        typer.echo(" · ".join(filter(None, row.cells)), err=True)
        yield row


if __name__ == "__main__":
    app()
