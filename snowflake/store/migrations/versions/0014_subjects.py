"""The names by which clients know people, and the secret that they are made with.

Where none is kept, it is the person's Discord user ID.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table of the secret, and room for names where clients are yet to hear of an end."""
    op.create_table(
        "subject_secret",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("sealed_by", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subject_secret"),
    )
    for table in ("session_clients", "logout_deliveries"):
        op.add_column(table, sa.Column("subject", sa.Text()))
        op.add_column(table, sa.Column("sealed_by", sa.String(length=32)))
        op.create_index(f"ix_{table}_sealed_by", table, ["sealed_by"])
