"""What Discord said of people's guilds, and the age of a grant's claims."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "memberships",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("guild", sa.String(length=32), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_by", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("person", "guild", name="pk_memberships"),
    )
    op.create_index("ix_memberships_asked_at", "memberships", ["asked_at"])
    op.create_index("ix_memberships_sealed_by", "memberships", ["sealed_by"])
    op.add_column("grants", sa.Column("claims_at", sa.BigInteger(), nullable=True))
