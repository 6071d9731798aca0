"""What all variables have in common."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Variables(BaseSettings):
    """Some of the variables. Nobody makes them: ``Settings`` is put together of all.

    So Pydantic need not get ready to check each file's by themselves.
    """

    model_config = SettingsConfigDict(defer_build=True)
