"""HTML pages of the sandbox: one stylesheet, one frame, strict headers."""

from collections.abc import Mapping
from pathlib import Path
from zlib import crc32

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from snowflake import theme

SHARED = Path(__file__).parent / "templates"
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"


class Pages:
    """Renders the templates of one application.

    ``directory`` holds its templates; the frame is shared, and the stylesheet
    is the theme of all pages with the rules of ``templates/style.css`` after it.
    """

    def __init__(self, directory: Path) -> None:
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader([directory, SHARED]),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self._templates.filters["initials"] = initials
        self._templates.filters["hue"] = hue
        self._templates.globals["wordmark"] = theme.WORDMARK

    def page(
        self, template: str, context: Mapping[str, object], *, status: int = 200
    ) -> HTMLResponse:
        """Render a template with headers that allow nothing but the stylesheet and a form."""
        return self._response(template, context, status, f"{_POLICY}; form-action 'self'")

    def scripted(
        self, template: str, context: Mapping[str, object], *, status: int = 200
    ) -> HTMLResponse:
        """Render a template as ``page`` does, which may have a script that asks its own server."""
        policy = f"{_POLICY}; script-src 'self'; connect-src 'self'; form-action 'self'"
        return self._response(template, context, status, policy)

    def choice(
        self, template: str, *, problem: str | None = None, **context: object
    ) -> HTMLResponse:
        """Render a template in which somebody chooses who they are, with a problem or without.

        Chromium holds the redirects after a form against ``form-action``. They lead to a client and
        on to others, none of which is known here, so that this page's policy leaves it out.
        """
        status = 400 if problem else 200
        return self._response(template, {**context, "problem": problem}, status, _POLICY)

    def _response(
        self, template: str, context: Mapping[str, object], status: int, policy: str
    ) -> HTMLResponse:
        return HTMLResponse(
            self._templates.get_template(template).render(context),
            status,
            headers={
                "Content-Security-Policy": policy,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "no-store",
            },
        )


def initials(name: str) -> str:
    """Return one or two letters that stand for a name where its picture would be."""
    words = ["".join(filter(str.isalnum, word)) for word in name.replace("_", " ").split()]
    letters = "".join(word[0] for word in words if word)
    return letters[:2].upper() or "?"


def hue(text: str) -> int:
    """Return which of the stylesheet's eight colours stands for a text, 0 to 7."""
    return crc32(text.encode()) % 8


async def _style(_: Request) -> Response:
    return Response(
        theme.STYLE + (SHARED / "style.css").read_text("utf-8"),
        media_type="text/css",
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"},
    )


STYLE = Route("/style.css", _style)
"""The route of the stylesheet that the frame links to."""
