"""Devices that wait for a person to allow them."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the table of them."""
    op.create_table(
        "device_codes",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("user_code", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=256), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("person", sa.String(length=32)),
        sa.Column("pace", sa.Integer(), nullable=False),
        sa.Column("polled_at", sa.BigInteger()),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_device_codes"),
    )
    op.create_index("ix_device_codes_user_code", "device_codes", ["user_code"], unique=True)
    op.create_index("ix_device_codes_person", "device_codes", ["person"])
    op.create_index("ix_device_codes_expires_at", "device_codes", ["expires_at"])
