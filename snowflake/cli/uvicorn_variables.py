"""What is asked of Uvicorn by its own variables."""

import os
from typing import Any, Final

from click import BadParameter
from click.core import ParameterSource
from uvicorn.main import main as uvicorn_command

from snowflake.errors import StartFault

#: What other servers know as the number of processes, too.
CONCURRENCY: Final = "WEB_CONCURRENCY"
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
    asked = {
        name: value
        for name, value in context.params.items()
        if name not in NOT_TAKEN
        and context.get_parameter_source(name) is ParameterSource.ENVIRONMENT
    }
    return {"workers": _concurrency(), **asked}


def _concurrency() -> int:
    """Answer the number of processes where Uvicorn looks for it last; it reads no empty one."""
    text = os.environ.get(CONCURRENCY) or "1"
    if not text.isascii() or not text.isdigit():
        raise StartFault([f"{CONCURRENCY}: is no number of processes"])
    return int(text)
