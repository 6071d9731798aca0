"""Access tokens that are no JSON Web Tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table of them."""
    op.create_table(
        "access_tokens",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("sid", sa.String(length=64)),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["grants.id"], name="fk_access_tokens_grant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", name="pk_access_tokens"),
    )
    op.create_index("ix_access_tokens_grant_id", "access_tokens", ["grant_id"])
    op.create_index("ix_access_tokens_expires_at", "access_tokens", ["expires_at"])
