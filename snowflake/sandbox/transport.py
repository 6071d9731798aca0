"""The connection beneath an ASGI request, for failures that HTTP has no words for."""

import asyncio

from starlette.types import Send


def connection(send: Send) -> asyncio.Transport:
    """Return the transport of a request, given the ``send`` that the server passed.

    ASGI cannot drop a connection. uvicorn's ``send`` is a method of the request's cycle, which
    holds the transport; this is the one place that knows. Raises RuntimeError under another server.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if isinstance(transport, asyncio.Transport):
        return transport
    raise RuntimeError("only a server such as snowflake.sandbox.serving can drop connections")
