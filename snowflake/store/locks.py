"""The order in which rows are locked, so that no two transactions wait for each other.

Tables come in this order: ``sessions``, ``grants`` with their tokens, ``codes``,
``session_clients``, ``memberships``, ``discord_tokens``, and then the others. The rows of a table
come in the order of their keys. Whoever has a session may look at its ``session_clients`` in the
same moment. Housekeeping, which comes to them in any order, leaves those alone that somebody else
has.
"""

from typing import Any

from sqlalchemy import ColumnElement, Delete, Select, Table, Update, delete, select, tuple_, update


def in_order(
    table: Table, condition: ColumnElement[bool], *, unless_locked: bool = False
) -> Select[Any]:
    """Answer the query for the keys of some rows, which it locks in their order."""
    key = list(table.primary_key)
    query = select(*key).where(condition).order_by(*key)
    return query.with_for_update(skip_locked=unless_locked)


def updating(table: Table, condition: ColumnElement[bool]) -> Update:
    """Answer the statement that changes some rows, locked in the order of their keys."""
    return update(table).where(tuple_(*table.primary_key).in_(in_order(table, condition)))


def deleting(table: Table, condition: ColumnElement[bool]) -> Delete:
    """Answer the statement that deletes some rows, locked in the order of their keys."""
    return delete(table).where(tuple_(*table.primary_key).in_(in_order(table, condition)))
