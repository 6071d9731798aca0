"""An index of the refresh tokens that still know their successor."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the index."""
    knows = sa.text("successor IS NOT NULL")
    op.create_index(
        "ix_refresh_tokens_used_at",
        "refresh_tokens",
        ["used_at"],
        sqlite_where=knows,
        postgresql_where=knows,
    )
