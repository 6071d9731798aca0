"""The way to a host by its name over TLS, wherever it listens."""

import ssl
import time
from typing import Final

import httpx

from tests.serving import GLANCE, PATIENCE

#: What a proxy answers while it does not know yet that Snowflake is there.
NOT_YET: Final = {502, 503}


class Through(httpx.BaseTransport):
    """Sends requests for a host to a port of this machine, with the host's name as it is."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        self.port, self._context = port, context
        self._http = httpx.HTTPTransport(verify=context)

    def another(self) -> "Through":
        """Answer the same way with connections of its own."""
        return Through(self.port, self._context)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url.copy_with(host="127.0.0.1", port=self.port)
        extensions = {**request.extensions, "sni_hostname": request.url.host}
        return self._http.handle_request(
            httpx.Request(
                request.method,
                url,
                headers=request.headers,
                stream=request.stream,
                extensions=extensions,
            )
        )

    def wait_for(self, url: str) -> None:
        """Wait until the proxy has found out that somebody is behind it."""
        for _ in range(int(PATIENCE / GLANCE)):
            with httpx.Client(transport=self.another()) as client:
                if client.get(url).status_code not in NOT_YET:
                    return
            time.sleep(GLANCE)
        raise AssertionError(f"nobody is behind the proxy for {url}")

    def close(self) -> None:
        self._http.close()
