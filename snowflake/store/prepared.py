"""Statements that are prepared: SQLAlchemy writes one once, and the driver runs it from then on.

To have SQLAlchemy run one takes longer than the database takes to answer. What it knows of types
holds here too, and so do its errors. Lists, of values or of rows, are left to it: how they are
written depends on how many there are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, RowMapping, Select, UpdateBase
from sqlalchemy.engine.interfaces import DBAPICursor

from snowflake.store.driver import execute

#: What a query has found, by the names of the columns; whether it was prepared or not.
Row = dict[str, Any] | RowMapping
#: Turns a value into what the driver takes, or what it gives into a value, by their names.
Turns = Mapping[str, Callable[[Any], Any]]


class Prepared:
    """A statement whose values come by name: those of each ``bindparam``, and of columns."""

    def __init__(self, statement: Select[Any] | UpdateBase) -> None:
        self._statement = statement
        self._written: dict[tuple[str, ...], _Written] = {}

    def __call__(self, **values: object) -> "Statement":
        """Answer the statement with its values, ready to run."""
        return Statement(self, values)

    def written(self, dialect: Dialect, names: Iterable[str]) -> "_Written":
        """Answer how it is written for an engine, with values of some names.

        Raises:
            TypeError: it takes others, or a list.
        """
        engine_and_names = (dialect.name, *names)
        written = self._written.get(engine_and_names)
        if written is None:
            written = _write(self._statement, dialect, engine_and_names[1:])
            self._written[engine_and_names] = written
        return written


class Statement(NamedTuple):
    """A prepared statement and its values. What its methods do is work for a ``Database``.

    They raise what SQLAlchemy would, with none of the values in it.
    """

    prepared: Prepared
    values: Mapping[str, object]

    def run(self, connection: Connection) -> int:
        """Run it, and answer how many rows it has changed."""
        cursor, _ = self._run(connection)
        return int(cursor.rowcount)

    def all(self, connection: Connection) -> list[Row]:
        """Run it, and answer the rows that it finds or returns."""
        cursor, written = self._run(connection)
        # To the last, or SQLite would go on showing this connection what was there at the time.
        return [written.row(found) for found in cursor.fetchall()]

    def first(self, connection: Connection) -> Row | None:
        """Run it, and answer the first row that it finds or returns; None if there is none."""
        rows = self.all(connection)
        return rows[0] if rows else None

    def _run(self, connection: Connection) -> tuple[DBAPICursor, "_Written"]:
        written = self.prepared.written(connection.dialect, self.values)
        return execute(connection, written.sql, written.ordered(self.values)), written


class _Written(NamedTuple):
    """How a statement is written for one engine and for values of some names.

    ``order`` is that of the values; ``own`` are those that it brings itself. ``columns`` are those
    of its rows.
    """

    sql: str
    order: Sequence[str]
    own: Mapping[str, object]
    columns: Sequence[str]
    into: Turns
    out_of: Turns

    def ordered(self, values: Mapping[str, object]) -> tuple[object, ...]:
        """Answer the values in order, as the driver takes them."""
        every = {**self.own, **values}
        for name, turn in self.into.items():
            every[name] = turn(every[name])
        return tuple(map(every.__getitem__, self.order))

    def row(self, found: Sequence[object]) -> Row:
        """Answer a row that the driver has found."""
        row: dict[str, Any] = dict(zip(self.columns, found, strict=True))
        for name, turn in self.out_of.items():
            row[name] = turn(row[name])
        return row


def _write(statement: Select[Any] | UpdateBase, dialect: Dialect, names: Sequence[str]) -> _Written:
    compiled = statement.compile(dialect=dialect, column_keys=[*names])
    if compiled.post_compile_params:
        raise TypeError("how a list is written depends on its length")
    order = compiled.positiontup or []
    own = {name: compiled.binds[name] for name in order if name not in names}
    lacking = [name for name, value in own.items() if value.required]
    unknown = [name for name in names if name not in order]
    if lacking or unknown:
        raise TypeError(f"the statement lacks {lacking} and takes no {unknown}")
    into = {name: compiled.binds[name].type.dialect_impl(dialect) for name in order}
    found = {
        str(name): column.type.dialect_impl(dialect)
        for name, column in statement.exported_columns.items()
    }
    return _Written(
        sql=compiled.string,
        order=order,
        own={name: value.effective_value for name, value in own.items()},
        columns=[*found],
        into={name: turn for name, of in into.items() if (turn := of.bind_processor(dialect))},
        out_of={
            name: turn for name, of in found.items() if (turn := of.result_processor(dialect, None))
        },
    )
