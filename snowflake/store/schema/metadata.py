"""What all tables have in common."""

from sqlalchemy import MetaData

#: Names for what the database would name in a way of its own; migrations need to know them.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
}
metadata = MetaData(naming_convention=NAMING)
