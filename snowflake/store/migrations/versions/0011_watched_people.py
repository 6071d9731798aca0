"""People at whom a bot looks again while they are signed in."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "watched_people",
        sa.Column("person", sa.String(32), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_watched_people"),
    )
    op.create_index("ix_watched_people_looked_at", "watched_people", ["looked_at"])
