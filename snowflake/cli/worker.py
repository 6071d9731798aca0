"""A process that serves: the only one of ``snowflake serve``, or one of several workers."""

from dataclasses import dataclass

from starlette.types import ASGIApp

from snowflake.cli.reading import reading
from snowflake.settings import Settings


@dataclass(frozen=True)
class Worker:
    """Makes the application in the process in which it is called, out of these settings."""

    settings: Settings

    def __call__(self) -> ASGIApp:
        """Read all that serves, and answer the application."""
        with reading():
            from snowflake.web.app import serve_app  # noqa: PLC0415
        return serve_app(self.settings)
