"""The pages that people see."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from snowflake.errors import Back, Denial, LoginDenied, Ways
from snowflake.settings.tables.pages import PagesTable
from snowflake.web.look import ONWARD, look, look_of

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("snowflake.web"),
    autoescape=jinja2.select_autoescape(),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

#: Headers of every response that has none of its own by that name. Most responses are for one
#: person alone, and pages need one style sheet and nothing else.
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": look(PagesTable()).policy,
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Codes stand in URLs; they are nobody else's to read.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

#: Headers of a page with a form of ours. Browsers say ``Origin: null`` of a page that tells nobody
#: where it is, so that we could not know it for our own (``protocol/own_pages``); others still
#: hear nothing of its address.
FORM_HEADERS: Mapping[str, str] = {"Referrer-Policy": "same-origin"}

#: The status from which something has failed, about which somebody may want to ask.
FAILED: Final = 400
#: The address of the page itself, with all that stands in it.
THIS_PAGE: Final = ""
#: The same without its query (RFC 3986, section 5.2.2).
THIS_PAGE_ALONE: Final = "?"


@dataclass(frozen=True, slots=True)
class Message:
    """What happened, and what to do next, in plain words."""

    title: str
    explanation: str
    advice: str


@dataclass(frozen=True, slots=True)
class Link:
    """A way on from a page: what it says, perhaps with a name at its end, and where it leads.

    With ``fields``, it is a form that is posted there.
    """

    text: str
    href: str
    name: str = ""
    fields: Mapping[str, str] | None = None


def render(template: str, **context: object) -> str:
    """Fill in a template of ``templates/``."""
    return _TEMPLATES.get_template(template).render(context)


def error_page(
    request: Request,
    message: Message,
    *,
    status: int,
    headers: Mapping[str, str] | None = None,
    links: Sequence[Link] = (),
) -> Response:
    """Show a message and the ways on from it.

    If something has failed, it shows the reference under which the log has more.
    """
    return page(
        "message.html",
        request,
        status=status,
        headers=headers,
        form=_hold_form(links),
        links=links,
        **asdict(message),
    )


def denial_page(request: Request, denial: Denial) -> Response:
    """Tell somebody why they may not sign in, and where to go from here.

    Its links are safe: the invitation is configured, the others belong to this very login.
    """
    links = []
    if denial.another_account is not None:
        links.append(Link("Use another account", denial.another_account))
    if denial.back is not None:
        links.append(_back_to(denial.application, denial.back))
    if denial.invite and any(refusal.by_joining for refusal in denial.refusals):
        links.insert(0, Link("Join on Discord", denial.invite))
    return page(
        "denial.html",
        request,
        status=LoginDenied.status,
        form=_hold_form(links),
        denial=denial,
        links=links,
    )


def frames_page(
    request: Request,
    message: Message,
    frames: Sequence[str],
    onward: str | None,
    *,
    links: Sequence[Link],
) -> Response:
    """Show a message while pages of others load in frames, then go on by itself if there is a way.

    It goes on when all have loaded, or after some seconds. Nothing else may be framed.
    """
    shown = look_of(request)
    context = {"frames": frames, "onward": onward, "script": ONWARD, "links": links}
    html = render("signed_out.html", look=shown, reference=None, **context, **asdict(message))
    return HTMLResponse(html, headers={"Content-Security-Policy": shown.frames_policy(frames)})


def links_of(ways: Ways | None) -> list[Link]:
    """Answer the links of a login that cannot go on."""
    links: list[Link] = []
    if ways is not None and ways.again is not None:
        links.append(Link("Sign in again", ways.again))
    if ways is not None and ways.back is not None:
        links.append(_back_to(ways.application, ways.back))
    return links


def _hold_form(links: Sequence[Link]) -> bool:
    return any(link.fields is not None for link in links)


def _back_to(application: str, back: Back) -> Link:
    return Link("Back to", back.uri, application, back.fields)


def page(
    template: str,
    request: Request,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    form: bool = False,
    **context: object,
) -> Response:
    """Fill in a template that looks as the operator says; with ``form``, it has one of ours.

    If something has failed, it shows the reference of the request in the log, and whom to ask.
    """
    shown = look_of(request)
    reference = request.scope.get("request_id", "") if status >= FAILED else None
    html = render(template, look=shown, reference=reference, **{"links": (), **context})
    own = {"Content-Security-Policy": shown.policy}
    if form:
        own = {"Content-Security-Policy": shown.form_policy, **FORM_HEADERS}
    return HTMLResponse(html, status, {**own, **(headers or {})})
