"""By which names, and how, Snowflake may be reached at all."""

import re
from functools import lru_cache
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from snowflake.errors import NotServed
from snowflake.settings import Settings
from snowflake.uris.hosts import MAX_PORT
from snowflake.web.audiences import UNGUARDED
from snowflake.web.errors import oauth_error
from snowflake.web.reverse_proxy import seen

#: Host names of which is remembered whether they are ours.
REMEMBERED_HOSTS: Final = 64
#: Characters of a Host header: a name has 253 at most (RFC 1035, section 2.3.4), then the port.
MAX_HOST: Final = 260
_HOST = re.compile(r"(?P<name>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?")
HOST_REFUSED: Final = (
    "Snowflake may not be reached by this host name; name it in SNOWFLAKE_ALLOWED_HOSTS"
)
SEVERAL_HOSTS: Final = "the request names more than one host"
INSECURE: Final = (
    "Snowflake needs HTTPS, and this request came without: {seen}. Behind a reverse proxy, set "
    "UVICORN_FORWARDED_ALLOW_IPS to its address, and let it send X-Forwarded-Proto"
)


class Guard:
    """Lets a request in by an allowed host name and a secure connection only."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings
        # People come by few names. One that nobody has come by is looked at anew.
        self._fault = lru_cache(REMEMBERED_HOSTS)(self._look)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] == "http" and (fault := self._refusal(scope)):
            request = Request(scope, receive)
            response = await oauth_error(request, NotServed(fault.replace("{seen}", seen(scope))))
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) > 1:
            # The proxy may have looked at the other one (RFC 9112, section 3.2).
            return SEVERAL_HOSTS
        if scope["path"] in UNGUARDED:
            return None
        if not hosts or len(hosts[0]) > MAX_HOST:
            return HOST_REFUSED
        return self._fault(hosts[0], scope["scheme"])

    def _look(self, host: bytes, scheme: str) -> str | None:
        parts = _HOST.fullmatch(host.decode("latin-1"))
        if (
            not parts
            or int(parts["port"] or 0) > MAX_PORT
            or not self.settings.serves(parts["name"])
        ):
            return HOST_REFUSED
        return None if self.settings.is_secure(scheme, parts["name"]) else INSECURE
