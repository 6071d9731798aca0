"""How long the tokens live that a key has signed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column. Of older keys nobody knows it."""
    op.add_column("signing_keys", sa.Column("lifetime", sa.BigInteger()))
