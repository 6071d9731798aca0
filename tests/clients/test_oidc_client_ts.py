"""oidc-client-ts, for pages without a server, in Chromium: renewal in hidden frames, and logout."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from tests.clients.test_openid_client import HERE
from tests.journeys.applications import Application, Village, village
from tests.journeys.chromium import choose
from tests.journeys.conftest import chromium, page
from tests.journeys.relying_party import Json
from tests.journeys.world import ADA
from tests.serving import missing
from tests.store.places import place_on

__all__ = ["chromium", "page"]

LIBRARY = HERE / "node_modules" / "oidc-client-ts" / "dist" / "browser" / "oidc-client-ts.min.js"
#: What the page at each path does; ``users`` is the library's.
DONE = {
    "/": "",
    "/callback": "users.signinRedirectCallback()",
    "/silent": "users.signinSilentCallback()",
    "/goodbye": "users.signoutRedirectCallback()",
}
SHOWN = """<!doctype html><meta charset=utf-8><link rel=icon href=data:,><title>waiting</title>
<script src=/oidc-client-ts.js></script>
<script>
const users = new oidc.UserManager({{
  authority: {authority},
  client_id: "spa",
  redirect_uri: `${{location.origin}}/callback`,
  silent_redirect_uri: `${{location.origin}}/silent`,
  post_logout_redirect_uri: `${{location.origin}}/goodbye`,
  scope: "openid profile",
}});
Promise.resolve({done}).then(() => document.title = "done", error => document.title = error);
</script>"""


@dataclass
class PageWithoutServer(Application):
    """An application that is all scripts."""

    authority: str = ""

    @property
    def app(self) -> Starlette:
        """What serves the scripts."""

        async def shown(request: Request) -> Response:
            done = DONE[request.url.path] or "null"
            return HTMLResponse(SHOWN.format(authority=json.dumps(self.authority), done=done))

        async def library(_: Request) -> Response:
            return FileResponse(LIBRARY)

        return Starlette(
            routes=[Route("/oidc-client-ts.js", library), *(Route(path, shown) for path in DONE)]
        )


@dataclass(frozen=True)
class Site:
    """A page without a server, and its Snowflake."""

    there: Village
    spa: PageWithoutServer


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if not LIBRARY.exists():
        missing("the npm package oidc-client-ts")
    directory, spa = tmp_path_factory.mktemp("spa"), PageWithoutServer("spa", is_public=True)
    with village(place_on("sqlite", directory), directory, spa) as started:
        spa.authority = started.world.snowflake.origin
        yield Site(started, spa)


def sign_in(page: Page, site: Site) -> Json:
    """Sign in at Discord's page, and answer what the library knows of the person."""
    page.goto(site.spa.origin)
    with page.expect_navigation():
        page.evaluate("void users.signinRedirect()")
    choose(page, "ada.lindqvist")
    page.wait_for_url(f"{site.spa.origin}/callback?*")
    expect(page).to_have_title("done")
    user: Json = page.evaluate("users.getUser()")
    return user


def silently(page: Page, **how: object) -> Json:
    """Renew the tokens, and answer what the library knows then, or why it could not."""
    renewed: Json = page.evaluate(
        "how => users.signinSilent(how).catch(error => ({error: error.error}))", how
    )
    return renewed


def test_tokens_are_renewed_in_a_hidden_frame(page: Page, site: Site) -> None:
    before = sign_in(page, site)
    assert before["profile"]["sub"] == ADA
    after = silently(page, forceIframeAuth=True)
    assert after["profile"]["sid"] == before["profile"]["sid"]
    assert after["access_token"] != before["access_token"]
    for tokens in (before, after):
        assert site.there.is_alive(tokens)
    # The refresh token does it too, without a frame.
    again = silently(page)
    assert again["profile"]["sid"] == before["profile"]["sid"]


def test_after_a_logout_elsewhere_the_frame_hears_login_required(page: Page, site: Site) -> None:
    user = sign_in(page, site)
    other = page.context.new_page()
    other.goto(site.there.logout(site.spa, user))
    other.wait_for_url(f"{site.spa.origin}/goodbye")
    shown: list[str] = []
    page.on("framenavigated", lambda frame: shown.append(frame.url))
    assert silently(page, forceIframeAuth=True) == {"error": "login_required"}
    # Nothing of ours or of Discord's was a page in it.
    assert [url.partition("?")[0] for url in shown] == ["about:blank", f"{site.spa.origin}/silent"]
    assert silently(page)["error"] == "invalid_grant"


def test_signing_out_ends_the_session_and_comes_back(page: Page, site: Site) -> None:
    user = sign_in(page, site)
    with page.expect_navigation():
        page.evaluate("void users.signoutRedirect({state: {at: 1}})")
    page.wait_for_url(f"{site.spa.origin}/goodbye?*")
    # It has found its own state.
    expect(page).to_have_title("done")
    assert not site.there.is_alive(user)
    assert silently(page, forceIframeAuth=True) == {"error": "login_required"}
