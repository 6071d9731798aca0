"""The statement by which rows of ``codes`` are reserved, those of them that can be."""

from sqlalchemy import String, bindparam, case, exists, false, literal_column, or_, select

from snowflake.store.database import Database
from snowflake.store.prepared import Prepared
from snowflake.store.schema import attempts, codes, grants

#: Whether the grant of a code lives. Its column is named in plain SQL, since SQLAlchemy correlates
#: nothing with the row of an insert: it would ask whether any code at all has a grant that lives.
_LIVES = exists().where(grants.c.id == literal_column("codes.grant_id", String))
#: A login that has made a grant and serves another code no more.
_IS_OVER = codes.c.grant_id.is_not(None) & or_(codes.c.expires_at <= bindparam("now"), ~_LIVES)
#: A row that can be reserved.
IS_FREE = (codes.c.spent == false()) & (codes.c.reserved_until <= bindparam("now")) & ~_IS_OVER
#: What keeps a row from being reserved.
WHY_NOT = Prepared(
    select(codes.c.spent, codes.c.grant_id, _IS_OVER.label("over")).where(
        codes.c.id == bindparam("code_id")
    )
)


def reserving(database: Database, rows: int, owners: int) -> Prepared:
    """Answer the statement for so many rows, ``id_0`` and so on; it answers those that it reserves.

    It tells too whether any of so many owners of attempts, ``owner_0`` and so on, has ``tried``
    something in vain of late.
    """
    is_one = (attempts.c.owner == bindparam(f"owner_{index}") for index in range(owners))
    tried = select(attempts.c.id).where(or_(false(), *is_one)).exists()
    insert = database.upsert(codes).values([_row(index) for index in range(rows)])
    reserve = insert.on_conflict_do_update(
        index_elements=[codes.c.id],
        set_={
            "holder": insert.excluded.holder,
            "reserved_until": insert.excluded.reserved_until,
            # What has made a grant is not there for longer because it is asked for again.
            "expires_at": case(
                (codes.c.grant_id.is_(None), insert.excluded.expires_at),
                else_=codes.c.expires_at,
            ),
        },
        where=IS_FREE,
    )
    return Prepared(reserve.returning(codes.c.id, codes.c.exchanged, tried.label("tried")))


def _row(index: int) -> dict[str, object]:
    return {
        "id": bindparam(f"id_{index}"),
        "spent": False,
        "holder": bindparam("held_by"),
        "reserved_until": bindparam("until"),
        "application": bindparam(f"application_{index}"),
        "expires_at": bindparam("expires"),
    }
