"""Who calls: the address from which a request comes, as a trusted proxy says."""

from starlette.requests import Request


def caller_of(request: Request) -> str:
    """Answer the address from which a request comes, empty if there is none."""
    return request.client.host if request.client is not None else ""
