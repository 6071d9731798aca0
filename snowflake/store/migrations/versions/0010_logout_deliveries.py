"""Deliveries of logouts: those of one client after the other, and how often it has refused one."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the count of refusals; look for what is due client by client."""
    op.add_column(
        "logout_deliveries",
        sa.Column("refusals", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.drop_index("ix_logout_deliveries_due_at", "logout_deliveries")
    op.create_index(
        "ix_logout_deliveries_client_id_due_at", "logout_deliveries", ["client_id", "due_at"]
    )
