"""One limiter for all that strangers may try; who has a code; the newest grants of a person."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"


def upgrade() -> None:
    """Begin to count anew, add the column, and find a person's grants with one client in order."""
    op.drop_table("invalid_answers")
    op.drop_table("attempts")
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", "owner", name="pk_attempts"),
    )
    op.create_index("ix_attempts_owner_at", "attempts", ["owner", "at"])
    op.create_index("ix_attempts_at", "attempts", ["at"])
    op.add_column("codes", sa.Column("holder", sa.String(length=32)))
    op.drop_index("ix_grants_person", "grants")
    op.create_index(
        "ix_grants_person_client_id_auth_time", "grants", ["person", "client_id", "auth_time"]
    )
