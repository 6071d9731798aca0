"""How our pages look: the theme, and what the operator says of them in ``[pages]``."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

from starlette.requests import Request

from snowflake.settings.tables.pages import DATA, PagesTable
from snowflake.theme import STYLE, WORDMARK
from snowflake.uris.hosts import origin_of
from snowflake.web.accent import readable

#: What we are called where the operator says nothing.
OURS: Final = "Snowflake"
#: Goes on from a page when all that it frames has loaded, or after five seconds.
ONWARD: Final = (files("snowflake.web") / "templates" / "onward.js").read_text("utf-8")
#: Posts the form of a page as soon as it is there.
POSTING: Final = (files("snowflake.web") / "templates" / "form_post.js").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Look:
    """What a template needs beside its own words.

    ``style`` is the one style sheet of a page, ``policy`` what a page may load (CSP). ``name``
    stands in titles; ``named`` is whether it heads the page as well. ``wordmark`` is None where the
    operator has a name or a logo. ``contact`` is text and ``address`` where it leads, both None if
    nobody is named.
    """

    style: str
    policy: str
    name: str
    named: bool
    wordmark: str | None
    logo: str | None
    contact: str | None
    address: str | None

    @property
    def form_policy(self) -> str:
        """The policy of a page with a form, which comes back to us and may lead on from there.

        Chromium holds the redirects after a form against ``form-action``, those of an application
        too, and nobody knows where they end.
        """
        return self.policy.replace("form-action 'none'; ", "")

    def posting_policy(self, uri: str) -> str:
        """The policy of a page whose form posts itself to a URI of an application.

        Where that leads on from there nobody knows, as with ``form_policy``. A login without a page
        happens in a frame of the application.
        """
        ancestors = f"frame-ancestors {origin_of(uri)}"
        policy = self.form_policy.replace("frame-ancestors 'none'", ancestors)
        return f"{policy}; script-src '{_digest(POSTING)}'"

    def frames_policy(self, frames: Iterable[str]) -> str:
        """The policy of a page that frames just these URIs, and goes on by a script of ours."""
        sources = " ".join(sorted({_source(frame) for frame in frames}))
        return f"{self.policy}; frame-src {sources}; script-src '{_digest(ONWARD)}'"


def look_of(request: Request) -> Look:
    """Answer the look of the pages of whoever serves a request."""
    application = request.scope.get("app")
    state = getattr(getattr(application, "state", None), "snowflake", None)
    return look(state.settings.pages if state is not None else PagesTable())


# A process has one, and tests a few.
@lru_cache(8)
def look(pages: PagesTable) -> Look:
    """Answer the look that a table describes."""
    style = STYLE
    if pages.accent is not None:
        day, night = readable(pages.accent)
        style += f":root {{ --accent: light-dark({day}, {night}); }}\n"
    ours = pages.name is None and pages.logo is None
    contact = pages.contact
    is_address = contact is not None and not contact.startswith("https://")
    return Look(
        style=style,
        policy=_policy(style, pages.logo),
        name=pages.name or OURS,
        named=ours or pages.name is not None,
        wordmark=WORDMARK if ours else None,
        logo=pages.logo,
        contact=contact.removeprefix("https://") if contact is not None else None,
        address=f"mailto:{contact}" if is_address else contact,
    )


def _policy(style: str, logo: str | None) -> str:
    picture = ""
    if logo is not None:
        picture = f"img-src {DATA if logo.startswith(DATA) else origin_of(logo)}; "
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; {picture}"
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _digest(text: str) -> str:
    """Answer how a policy names a style sheet or a script that stands in the page."""
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"


def _source(uri: str) -> str:
    """Answer how a policy names one URI: without its query, and without what ends a source."""
    return uri.partition("?")[0].replace(";", "%3B").replace(",", "%2C")
