"""Errors of Discord's API."""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

UNAUTHORIZED = 0
UNKNOWN_ROUTE = 0
UNKNOWN_GUILD = 10004
UNKNOWN_MEMBER = 10007
UNKNOWN_USER = 10013
NOT_FOR_BOTS = 20001
NOT_YOUR_APPLICATION = 20012
MISSING_ACCESS = 50001
MISSING_SCOPE = 50026
INVALID_BODY = 50035
INVALID_JSON = 50109


class Refused(Exception):
    """A call that is answered with an error of the API."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def api_error(
    status: int, code: int, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error of the API: ``{"message", "code"}``."""
    return JSONResponse({"message": message, "code": code}, status, headers)
