"""Discord accounts that are tied to an upstream account."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "links",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("application", sa.String(length=256), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.Column("synced_at", sa.BigInteger(), nullable=False),
        sa.Column("retry_at", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_by", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_links"),
    )
    op.create_index("ix_links_subject", "links", ["subject"])
    op.create_index("ix_links_synced_at", "links", ["synced_at"])
    op.create_index("ix_links_sealed_by", "links", ["sealed_by"])
