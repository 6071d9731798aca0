"""Several pairs of Discord's tokens for one person, and who is on their way to one.

Of older grants, the pair that they had says what Discord had granted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0008"

#: How each engine makes up an ID.
RANDOM_ID = {
    "sqlite": "lower(hex(randomblob(16)))",
    "postgresql": "md5(random()::text || application || ' ' || person)",
}


def upgrade() -> None:
    """Add the columns, and give the pairs a key of their own."""
    op.add_column("codes", sa.Column("application", sa.String(length=256)))
    op.add_column("codes", sa.Column("person", sa.String(length=32)))
    op.create_index("ix_codes_application", "codes", ["application"])
    nothing = sa.text("''")
    op.add_column(
        "grants", sa.Column("discord_scope", sa.Text(), nullable=False, server_default=nothing)
    )
    op.execute(
        "UPDATE grants SET discord_scope = coalesce((SELECT scope FROM discord_tokens AS pair "
        "WHERE pair.application = grants.application AND pair.person = grants.person), '')"
    )
    _give_ids()


def _give_ids() -> None:
    # No engine changes a primary key in the same way as the other.
    op.execute("CREATE TABLE pairs AS SELECT * FROM discord_tokens")
    op.drop_table("discord_tokens")
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
    columns = "application, person, tokens, scope, expires_at, sealed_by"
    id_ = RANDOM_ID[op.get_bind().dialect.name]
    op.execute(
        f"INSERT INTO discord_tokens (id, needed_until, {columns}) "  # noqa: S608 - our own words
        f"SELECT {id_}, 0, {columns} FROM pairs"
    )
    op.drop_table("pairs")
