"""Rows, goals, and the table that is made of them."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from tests.benchmarks.proc import cpu_model
from tests.benchmarks.signatures import openssl_version

HEADINGS = ("Benchmark", "Snowflake", "Beside", "Ratio", "Goal", "Met")
LIBRARIES = (
    *("starlette", "uvicorn", "uvloop", "httptools", "httpx", "aiohttp", "sqlalchemy"),
    *("asyncpg", "joserfc", "cryptography", "pydantic", "structlog"),
)


@dataclass(frozen=True)
class Goal:
    """A bound for a ratio: the least, or with ``at_most`` the most."""

    bound: float
    at_most: bool = False

    def __str__(self) -> str:
        return f"at {'most' if self.at_most else 'least'} {self.bound:.2f}"

    def verdict(self, ratio: float) -> str:
        """Say whether a ratio is good enough."""
        return "yes" if (ratio <= self.bound if self.at_most else ratio >= self.bound) else "no"


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured beside what, and their ratio, if it has a meaning."""

    benchmark: str
    snowflake: str
    beside: str
    ratio: float | None = None
    goal: Goal | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands below the headings."""
        goal, ratio = self.goal, self.ratio
        return (
            self.benchmark,
            self.snowflake,
            self.beside,
            f"{ratio:.2f}" if ratio is not None else "",
            str(goal or ""),
            goal.verdict(ratio) if goal is not None and ratio is not None else "",
        )


def machine() -> list[str]:
    """Say where and with what all this was measured."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, {cpu_model()}, {os.cpu_count()} cores, {platform.system()}",
        f"Python {platform.python_version()}, {openssl_version()}",
        libraries,
    ]


def plain(rows: Sequence[Row], notes: Iterable[str]) -> str:
    """Write the table for a terminal."""
    lines = [HEADINGS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    table = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return "\n".join([*notes, "", *table])


def markdown(rows: Sequence[Row], notes: Iterable[str]) -> str:
    """Write the table for the guide to speed."""
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *(row.cells for row in rows)]
    table = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([*table, "", *(f"{note}  " for note in notes)]).rstrip()
