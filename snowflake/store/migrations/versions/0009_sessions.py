"""Sessions, their clients, logouts to be told of, and what people have consented to."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"


def upgrade() -> None:
    """Add the tables; grants that there are belong to no session."""
    op.add_column("grants", sa.Column("session", sa.String(length=32)))
    op.add_column(
        "grants", sa.Column("offline", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_index("ix_grants_session", "grants", ["session"])
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("identifier", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=64), nullable=False),
        sa.Column("application", sa.String(length=256), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("auth_time", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("sealed_by", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    for column in ("identifier", "browser"):
        op.create_index(f"ix_sessions_{column}", "sessions", [column], unique=True)
    for column in ("person", "expires_at", "sealed_by"):
        op.create_index(f"ix_sessions_{column}", "sessions", [column])
    op.create_table(
        "session_clients",
        sa.Column("session", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=256), nullable=False),
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session"],
            ["sessions.id"],
            name="fk_session_clients_session",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session", "client_id", name="pk_session_clients"),
    )
    op.create_index("ix_session_clients_sid", "session_clients", ["sid"])
    op.create_table(
        "logout_deliveries",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=256), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_logout_deliveries"),
    )
    for column in ("person", "due_at", "expires_at"):
        op.create_index(f"ix_logout_deliveries_{column}", "logout_deliveries", [column])
    op.create_table(
        "consents",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=256), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", "client_id", name="pk_consents"),
    )
