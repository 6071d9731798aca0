"""Where data, configuration and keys are."""

from pathlib import Path

from pydantic import Field, SecretStr

from snowflake.settings.values import LongSecrets, parts
from snowflake.settings.variables.variables import Variables


class StorageVariables(Variables):
    """Where data, configuration and keys are."""

    data_dir: Path = Field(
        default=Path("data"),
        description=(
            "Where the store, the keys and `snowflake.toml` are, unless told otherwise. "
            "`/app/snowflake/data` in the image."
        ),
    )
    config: Path | None = Field(
        default=None,
        description=(
            "The configuration file. By default `snowflake.toml` in the data directory, if it is "
            "there."
        ),
    )
    database_url: SecretStr | None = Field(
        default=None,
        description=(
            "The database: `postgresql://user:password@host/name` where several machines share "
            "one. By default an SQLite file in the data directory."
        ),
    )
    secret_key: LongSecrets = Field(
        default=None,
        description=(
            "What secrets in the database and logins under way are sealed with: at least 32 "
            "random characters. When not set, Snowflake makes one and keeps it in the data "
            "directory. Several Snowflakes on one database need the same. To change it, put the "
            "new one before the old one, separated by a comma."
        ),
    )
    private_key: SecretStr | None = Field(
        default=None,
        description=(
            "A private JSON Web Key to sign with, or a set of them for several algorithms, instead "
            "of those that Snowflake makes and keeps in its store."
        ),
    )

    @property
    def secret_keys(self) -> list[str]:
        """The secrets of ``SNOWFLAKE_SECRET_KEY``, the one that seals first."""
        return parts(self.secret_key)
