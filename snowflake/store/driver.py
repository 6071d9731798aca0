"""What an engine's driver runs by itself, on a connection of SQLAlchemy and with its errors."""

from asyncio import CancelledError
from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPICursor, DBAPIModule
from sqlalchemy.exc import DBAPIError


def execute(connection: Connection, sql: str, values: Sequence[object] = ()) -> DBAPICursor:
    """Run a statement, and answer the cursor that knows what has come of it.

    Raises:
        DBAPIError: it cannot be done, as SQLAlchemy would say; the values are not told.
    """
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql, values)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _failed(connection, sql, error) from error
    except CancelledError as cut_off:
        # Nobody waits for what the server has yet to say of it.
        connection.invalidate(cut_off)
        raise
    return cursor


def _failed(connection: Connection, sql: str, error: DBAPIModule.Error) -> BaseException:
    """Answer what SQLAlchemy would raise; as it does, give up a connection that is lost.

    So is one on which a statement was prepared for columns whose types have changed since.
    """
    dialect = connection.dialect
    is_stale = isinstance(error, dialect.loaded_dbapi.NotSupportedError)
    is_lost = is_stale or dialect.is_disconnect(error, connection.connection, None)
    if is_lost:
        connection.invalidate(error)
    raised = DBAPIError.instance(
        sql,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
    return cast("BaseException", raised)
