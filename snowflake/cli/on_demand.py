"""A command that is listed without being read."""

from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand

from snowflake.cli.reading import reading

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter
    from typer._click.core import Parameter

Function = Callable[..., Any]


def function_at(place: str) -> Callable[[], Function]:
    """Answer what reads a function of this package, given as ``module.function``."""
    module, _, name = place.partition(".")

    def read() -> Function:
        with reading():
            function: Function = getattr(import_module(f"snowflake.cli.{module}"), name)
        return function

    return read


class OnDemand(TyperCommand):
    """A command whose callback is not its function, but reads it (``function_at``).

    Lists and completion of names need its name and ``short_help`` alone. Its options, its whole
    help and what it does are those of the function.
    """

    @cached_property
    def command(self) -> "Command":
        """The command that Typer makes of the function."""
        assert self.callback is not None  # noqa: S101 - Typer makes no command without one
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(self.name)(self.callback())
        return typer.main.get_command(alone)

    def get_params(self, ctx: "Context") -> list["Parameter"]:
        """Answer the options and arguments of the function."""
        return self.command.get_params(ctx)

    def format_help_text(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write what the function says of itself."""
        self.command.format_help_text(ctx, formatter)

    # Whatever the function answers.
    def invoke(self, ctx: "Context") -> Any:
        """Run the function."""
        return self.command.invoke(ctx)
