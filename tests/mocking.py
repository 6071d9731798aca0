"""Discord as respx answers it, in place of the transport that Snowflake uses."""

from typing import Any

import httpx
from respx.mocks import AbstractRequestMocker


class AiohttpMocker(AbstractRequestMocker):
    """``respx.mock(using="aiohttp")``."""

    name = "aiohttp"
    targets = ["snowflake.outbound.over_aiohttp.OverAiohttp"]  # noqa: RUF012 - as respx declares it
    target_methods = ["handle_async_request"]  # noqa: RUF012

    @classmethod
    def to_httpx_request(cls, **kwargs: Any) -> httpx.Request:  # as respx passes them
        request: httpx.Request = kwargs["request"]
        return request

    @classmethod
    async def from_async_httpx_response(
        cls,
        httpx_response: httpx.Response,
        target: object,  # noqa: ARG003 - as respx passes them
        **kwargs: object,  # noqa: ARG003
    ) -> httpx.Response:
        return httpx_response
