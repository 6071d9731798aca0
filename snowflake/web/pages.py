"""The pages that people see."""

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.resources import files

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from snowflake.errors import Denial

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("snowflake.web"),
    autoescape=jinja2.select_autoescape(),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_STYLE = (files("snowflake.web") / "templates" / "style.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()

#: Headers of every response that has none of its own by that name. Most responses are for one
#: person alone, and pages need one style sheet and nothing else.
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Codes stand in URLs; they are nobody else's to read.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


#: For a page with a form that comes back to us.
FORM_POLICY = SECURITY_HEADERS["Content-Security-Policy"].replace(
    "form-action 'none'", "form-action 'self'"
)


@dataclass(frozen=True, slots=True)
class Message:
    """What happened, and what to do next, in plain words."""

    title: str
    explanation: str
    advice: str


def render(template: str, **context: object) -> str:
    """Fill in a template of ``templates/``."""
    return _TEMPLATES.get_template(template).render(context)


def error_page(
    request: Request,
    message: Message,
    *,
    status: int,
    headers: Mapping[str, str] | None = None,
    again: str | None = None,
) -> Response:
    """Show a message, with the reference under which the log has more.

    ``again`` is the path at which the person can start again, if there is one.
    """
    html = page("error.html", request, **asdict(message), again=again)
    return HTMLResponse(html, status, headers)


def denial_page(request: Request, denial: Denial) -> Response:
    """Tell somebody why they may not sign in, and where to go from here.

    Its links are safe: the invitation is configured, the others belong to this very login.
    """
    joining = any(refusal.by_joining for refusal in denial.refusals)
    html = page("denial.html", request, denial=denial, invite=denial.invite if joining else None)
    return HTMLResponse(html, 403)


def page(template: str, request: Request, **context: object) -> str:
    """Fill in a template that has our style, and the reference of the request for the log."""
    reference: str = request.scope.get("request_id", "")
    return render(template, style=_STYLE, reference=reference, **context)
