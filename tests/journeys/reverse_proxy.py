"""A reverse proxy that ends TLS, as an HTTP transport: its clients see https."""

import httpx


class ReverseProxy(httpx.BaseTransport):
    """Passes requests on to an origin, with ``Host`` as it came and ``X-Forwarded-Proto``.

    ``strip`` is a path that the proxy takes away from the front.
    """

    def __init__(self, origin: str, strip: str = "") -> None:
        self._origin = httpx.URL(origin)
        self._strip = strip.encode()
        self._http = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path
        assert target.startswith(self._strip)
        headers = request.headers.copy()
        headers["X-Forwarded-Proto"] = "https"
        headers["X-Forwarded-For"] = "203.0.113.7"
        url = self._origin.copy_with(raw_path=target.removeprefix(self._strip) or b"/")
        return self._http.handle_request(
            httpx.Request(request.method, url, headers=headers, stream=request.stream)
        )

    def close(self) -> None:
        self._http.close()
