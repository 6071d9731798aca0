"""What is asked of Uvicorn by its own variables."""

from typing import Any

from click import BadParameter
from click.core import ParameterSource
from uvicorn.main import main as uvicorn_command

from snowflake.errors import StartFault

#: Parameters of its command line that ``uvicorn.run`` does not take as they come.
NOT_TAKEN = frozenset({"app", "factory", "headers"})


# As many types as Uvicorn has options.
def uvicorn_variables() -> dict[str, Any]:
    """Answer what ``UVICORN_*`` ask for, read by Uvicorn's own command line.

    Raises:
        StartFault: one of them cannot be used.
    """
    try:
        context = uvicorn_command.make_context("uvicorn", ["app"], auto_envvar_prefix="UVICORN")
    except BadParameter as error:
        variable = f"UVICORN_{error.param.name.upper()}" if error.param else "UVICORN_*"
        raise StartFault([f"{variable}: {error.message}"]) from error
    return {
        name: value
        for name, value in context.params.items()
        if name not in NOT_TAKEN
        and context.get_parameter_source(name) is ParameterSource.ENVIRONMENT
    }
