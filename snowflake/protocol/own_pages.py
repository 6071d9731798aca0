"""Whether a form was sent from a page of ours: the second lock on whatever changes something.

The first is the sealed note of the page, with the cookie of its browser. Cookies of ours do not
come along from other sites, but from other hosts of the same site they do (``SameSite=Lax``).

It is asked as Go's ``http.CrossOriginProtection`` asks it, but for the scheme of an origin, which
counts here. What applications post to us (``/authorize``, ``/logout``) comes from elsewhere by
design, and changes nothing without a page of ours.
"""

from typing import Final

import structlog
from starlette.requests import Request

from snowflake.errors import SentFromElsewhere
from snowflake.protocol.issuer import issuer_of, reached
from snowflake.uris.hosts import origin_of

#: What a browser says of a page of this very origin (Fetch Metadata, section 2.3), and of what the
#: person has done without any page.
_OURS: Final = frozenset({"same-origin", "none"})
#: Characters of an origin that the log shows.
_SHOWN: Final = 100


def check_own_page(request: Request) -> None:
    """Pass, unless a browser says that a form comes from somewhere else than a page of ours.

    No page can forge what its browser says. What says nothing is an old browser, or none: the note
    is what it has to bring.

    Raises:
        SentFromElsewhere: it does.
    """
    if sites := request.headers.getlist("sec-fetch-site"):
        is_ours = _OURS.issuperset(sites)
    else:
        # Browsers before 2023. They name our pages with forms by the policy of those
        # (``web/pages``), and say ``null`` of pages that will not be named.
        is_ours = own_origins(request).issuperset(request.headers.getlist("origin"))
    if not is_ours:
        seen = request.headers.get("origin", "")[:_SHOWN]
        structlog.contextvars.bind_contextvars(origin=seen, ours=sorted(own_origins(request)))
        raise SentFromElsewhere("the form was sent from a page of another site")


def own_origins(request: Request) -> set[str]:
    """Answer the origins of our pages: that of the issuer, and the one that was reached."""
    return {origin_of(issuer_of(request)), reached(request)}
