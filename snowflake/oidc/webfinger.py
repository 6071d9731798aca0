"""WebFinger (RFC 7033), so that an e-mail address leads to this issuer."""

from urllib.parse import parse_qsl, unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from snowflake.errors import NotFound
from snowflake.protocol.bounds import MAX_RESOURCE
from snowflake.protocol.issuer import issuer_of
from snowflake.protocol.parameters import query
from snowflake.state import state_of
from snowflake.uris.hosts import is_host_name

#: The one link relation that is answered (OpenID Connect Discovery 1.0, section 2).
ISSUER_RELATION = "http://openid.net/specs/connect/1.0/issuer"


async def webfinger(request: Request) -> Response:
    """Answer the issuer for ``acct:`` addresses of the domains that were allowed.

    Without ``rel``, or with one that is ours among others, the link is there; else there is none
    (section 4.3). The subject is the resource as it was sent. The issuer is that of everybody,
    unless a client has one to itself and ``webfinger``.
    """
    resource = query(request).require("resource", MAX_RESOURCE)
    domain = _domain(resource)
    if not domain or not state_of(request).settings.webfinger_hosts.match(domain):
        raise NotFound("there is no such account here")
    client, issuer = state_of(request).registry.webfinger, issuer_of(request)
    if client is not None:
        issuer = client.issuer_below(issuer)
    links = [{"rel": ISSUER_RELATION, "href": issuer}]
    return JSONResponse(
        {"subject": resource, "links": links if _wanted(request) else []},
        media_type="application/jrd+json",
    )


def _domain(resource: str) -> str | None:
    """Answer the domain of an ``acct:`` URI (RFC 7565), None if it is no such URI."""
    scheme, _, account = resource.partition(":")
    user, at, domain = account.rpartition("@")
    domain = unquote(domain)
    if scheme.lower() != "acct" or not user or not at or not is_host_name(domain):
        return None
    return domain


def _wanted(request: Request) -> bool:
    # Unlike every other parameter, rel may be repeated (section 4.1).
    pairs = parse_qsl(request.scope["query_string"].decode("ascii", "replace"))
    relations = {value for name, value in pairs if name == "rel"}
    return not relations or ISSUER_RELATION in relations
