"""Opening what the store has sealed."""

from snowflake.crypto.sealing import AnyNote, BadNote, Sealer
from snowflake.errors import StoreDown


def open_sealed(sealer: Sealer, kind: type[AnyNote], sealed: str) -> AnyNote:
    """Open a note of the store.

    Raises:
        StoreDown: it is damaged, or another Snowflake on this database has sealed it
            under a new key that this one was not given yet.
    """
    try:
        return sealer.open(kind, sealed)
    except BadNote:
        cause = "a row is damaged or sealed under a key that is not in SNOWFLAKE_SECRET_KEY"
        raise StoreDown("the store cannot be read; try again", cause=cause) from None
