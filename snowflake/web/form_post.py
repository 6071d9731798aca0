"""The page that posts an answer to the application (OAuth 2.0 Form Post Response Mode 1.0)."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from snowflake.oidc.answers import Posted
from snowflake.web.look import POSTING, look_of
from snowflake.web.pages import render


def posting_page(request: Request, posted: Posted) -> Response:
    """Show the form, which sends itself, or is sent by its button where there are no scripts.

    The application hears from which origin it comes, and no more: some take a form from those alone
    that they know.
    """
    shown, back = look_of(request), posted.back
    html = render("form_post.html", look=shown, reference=None, links=(), back=back, script=POSTING)
    policy = shown.posting_policy(back.uri)
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "origin"}
    page = HTMLResponse(html, headers=headers)
    # Those of the login.
    page.raw_headers += [header for header in posted.raw_headers if header[0] == b"set-cookie"]
    return page
