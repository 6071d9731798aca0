"""The schema of the first release.

It stands for the revisions that there were before, and has the number of the last of them: a store
that has come so far is up to date.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", "owner", name="pk_attempts"),
    )
    op.create_index("ix_attempts_at", "attempts", ["at"])
    op.create_index("ix_attempts_owner_at", "attempts", ["owner", "at"])
    op.create_table(
        "codes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("spent", sa.Boolean(), nullable=False),
        sa.Column("holder", sa.String(length=32)),
        sa.Column("reserved_until", sa.BigInteger(), nullable=False),
        sa.Column("grant_id", sa.String(length=64)),
        sa.Column("exchanged", sa.Text()),
        sa.Column("application", sa.String(length=256)),
        sa.Column("person", sa.String(length=32)),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_codes"),
    )
    op.create_index("ix_codes_application", "codes", ["application"])
    op.create_index("ix_codes_expires_at", "codes", ["expires_at"])
    op.create_table(
        "consents",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=256), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", "client_id", name="pk_consents"),
    )
    op.create_table(
        "discord_tokens",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("application", sa.String(length=256), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("tokens", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("needed_until", sa.BigInteger(), nullable=False),
        sa.Column("sealed_by", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_discord_tokens"),
    )
    op.create_index("ix_discord_tokens_person", "discord_tokens", ["person"])
    op.create_index("ix_discord_tokens_sealed_by", "discord_tokens", ["sealed_by"])
    op.create_table(
        "good_credentials",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_good_credentials"),
    )
    op.create_index("ix_good_credentials_seen_at", "good_credentials", ["seen_at"])
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=256), nullable=False),
        sa.Column("application", sa.String(length=256), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("discord_scope", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("auth_time", sa.BigInteger(), nullable=False),
        sa.Column("claims", sa.Text(), nullable=False),
        sa.Column("claims_at", sa.BigInteger()),
        sa.Column("secret_hash", sa.Text()),
        sa.Column("session", sa.String(length=32)),
        sa.Column("offline", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_by", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
    )
    op.create_index("ix_grants_expires_at", "grants", ["expires_at"])
    op.create_index(
        "ix_grants_person_client_id_auth_time", "grants", ["person", "client_id", "auth_time"]
    )
    op.create_index("ix_grants_sealed_by", "grants", ["sealed_by"])
    op.create_index("ix_grants_session", "grants", ["session"])
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=320), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
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
    op.create_index("ix_links_sealed_by", "links", ["sealed_by"])
    op.create_index("ix_links_subject", "links", ["subject"])
    op.create_index("ix_links_synced_at", "links", ["synced_at"])
    op.create_table(
        "logout_deliveries",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=256), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_logout_deliveries"),
    )
    op.create_index(
        "ix_logout_deliveries_client_id_due_at", "logout_deliveries", ["client_id", "due_at"]
    )
    op.create_index("ix_logout_deliveries_expires_at", "logout_deliveries", ["expires_at"])
    op.create_index("ix_logout_deliveries_person", "logout_deliveries", ["person"])
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
    op.create_index("ix_sessions_browser", "sessions", ["browser"], unique=True)
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_index("ix_sessions_identifier", "sessions", ["identifier"], unique=True)
    op.create_index("ix_sessions_person", "sessions", ["person"])
    op.create_index("ix_sessions_sealed_by", "sessions", ["sealed_by"])
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(length=256), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("signs_from", sa.BigInteger(), nullable=False),
        sa.Column("sealed_by", sa.String(length=32), nullable=False),
        sa.Column("lifetime", sa.BigInteger()),
        sa.PrimaryKeyConstraint("kid", name="pk_signing_keys"),
    )
    op.create_table(
        "watched_people",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_watched_people"),
    )
    op.create_index("ix_watched_people_looked_at", "watched_people", ["looked_at"])
    op.create_table(
        "refresh_tokens",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.Column("successor", sa.Text()),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["grants.id"], name="fk_refresh_tokens_grant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", name="pk_refresh_tokens"),
    )
    op.create_index("ix_refresh_tokens_expires_at", "refresh_tokens", ["expires_at"])
    op.create_index("ix_refresh_tokens_grant_id", "refresh_tokens", ["grant_id"])
    knows = sa.text("successor IS NOT NULL")
    op.create_index(
        "ix_refresh_tokens_used_at",
        "refresh_tokens",
        ["used_at"],
        sqlite_where=knows,
        postgresql_where=knows,
    )
    op.create_table(
        "session_clients",
        sa.Column("session", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=256), nullable=False),
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session"], ["sessions.id"], name="fk_session_clients_session", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session", "client_id", name="pk_session_clients"),
    )
    op.create_index("ix_session_clients_sid", "session_clients", ["sid"])
