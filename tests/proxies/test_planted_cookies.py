"""Cookies that a subdomain of somebody else's plants over HTTPS, in Chromium."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, sync_playwright
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from snowflake.sandbox.serving import serving
from tests.journeys.browser import APPLICATION_HOST, parameters
from tests.journeys.chromium import ARGUMENTS, choose
from tests.journeys.gates import HERMIT
from tests.journeys.registered import client
from tests.journeys.relying_party import RelyingParty, Secrets, tokens_of
from tests.journeys.world import ADA, CALLBACK, CLIENT_SECRET, OWN_ID, world
from tests.proxies.conftest import ORIGIN, TRUSTING
from tests.proxies.documented import HOST, UPSTREAM, block, proxying, replaced
from tests.proxies.through import Through
from tests.serving import free_port, program
from tests.tls import authority

EVIL = f"evil.{HOST}"
COOKIE = "__Host-snowflake-session"
#: A space that some servers trim from a name, and no browser; as it stands in a header.
EN_QUAD = "\u2000".encode().decode("latin-1")
WHOLE = f"Domain={HOST}; Path=/; Secure"
NARROW = f"Domain={HOST}; Path=/authorize; Secure"
#: What the subdomain sets, and how many of that Chromium keeps for Snowflake.
PLANTED: dict[str, tuple[tuple[str, ...], int]] = {
    "of our name": ((f"{COOKIE}={{}}; {WHOLE}",), 0),
    "of our name in small letters": ((f"{COOKIE.lower()}={{}}; {WHOLE}",), 0),
    "of our name for itself": ((f"{COOKIE}={{}}; Path=/; Secure",), 0),
    "without a name": ((f"={COOKIE}={{}}; {WHOLE}",), 0),
    "without the prefix": ((f"snowflake-session={{}}; {WHOLE}",), 1),
    "of our name after an odd space": ((f"{EN_QUAD}{COOKIE}={{}}; {WHOLE}",), 1),
    "many times": (
        tuple(
            f"{name}={{}}; {where}"
            for name in (COOKIE, EN_QUAD + COOKIE, "snowflake-session")
            for where in (WHOLE, NARROW)
        ),
        4,
    ),
}


@dataclass
class Subdomain:
    """Whoever answers below Snowflake's name, and the cookies that they set."""

    cookies: tuple[str, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show a page."""
        if scope["type"] == "http":
            response = HTMLResponse("<!doctype html><link rel=icon href=data:,><title>Hm</title>")
            for cookie in self.cookies:
                response.headers.append("Set-Cookie", cookie)
            await response(scope, receive, send)


@dataclass(frozen=True)
class Site:
    """Snowflake behind nginx with a certificate, and a subdomain of it."""

    party: RelyingParty
    subdomain: Subdomain
    chromium: Chromium

    @contextmanager
    def tab(self) -> Iterator[Page]:
        """Open a browser of somebody new."""
        with self.chromium.new_context(ignore_https_errors=True) as context:
            page = context.new_page()
            page.set_default_timeout(15_000)
            yield page

    def enter(self, page: Page, who: str = "", **further: str) -> str | None:
        """Sign in, at Discord's page if somebody is named; answer the person, if it is one."""
        login = Secrets()
        page.goto(self.party.begin(login, **further))
        if who:
            choose(page, who)
        page.wait_for_url(f"{CALLBACK}?*")
        if "error" in (answer := parameters(page.url)):
            assert answer["error"] == "login_required"
            return None
        tokens = tokens_of(self.party.redeem(login, self.party.code(login, page.url)))
        return str(self.party.userinfo(tokens)["sub"])

    def plant(self, page: Page, cookies: tuple[str, ...], value: str) -> list[str]:
        """Go to the subdomain, which sets cookies; answer the names of those that are for us."""
        before = self._kept(page)
        self.subdomain.cookies = tuple(cookie.format(value) for cookie in cookies)
        page.goto(f"https://{EVIL}/")
        self.subdomain.cookies = ()
        return [name for name in self._kept(page) if name not in before]

    def _kept(self, page: Page) -> list[str]:
        kept = page.context.cookies(f"{ORIGIN}/authorize")
        return [cookie.get("name", "") for cookie in kept]


@pytest.fixture(scope="module")
def site(certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    subdomain, port = Subdomain(), free_port()
    trusted = ssl.create_default_context(cadata=authority().cert_pem.bytes().decode())
    with ExitStack() as stack:
        here = tmp_path_factory.mktemp("site")
        behind = stack.enter_context(world(here, TRUSTING, file=client("wiki")))
        behind.discord.add_redirect_uri(OWN_ID, f"{ORIGIN}/callback")
        changes = {
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            f"server_name {HOST};": f"server_name {EVIL};",
            f"http://{UPSTREAM}": stack.enter_context(serving(subdomain)),
        }
        text = replaced(block("nginx"), changes) + block("nginx")
        nginx = proxying("nginx", text, certificates, behind.snowflake.port)
        through = Through(stack.enter_context(nginx), trusted)
        http = stack.enter_context(httpx.Client(trust_env=False, mounts={ORIGIN: through}))
        party = RelyingParty(ORIGIN, "wiki", CLIENT_SECRET, http, CALLBACK, "client_secret_basic")
        # The application shows the same page as the subdomain.
        ports = {HOST: through.port, EVIL: port, APPLICATION_HOST: port}
        rules = ", ".join(f"MAP {host} 127.0.0.1:{port}" for host, port in ports.items())
        playwright = stack.enter_context(sync_playwright())
        launched = playwright.chromium.launch(
            executable_path=Path(program("chromium")),
            args=[*ARGUMENTS, f"--host-resolver-rules={rules}"],
        )
        stack.callback(launched.close)
        yield Site(party, subdomain, launched)


@pytest.fixture(scope="module")
def stolen(site: Site) -> str:
    """Answer the cookie of a living session of the hermit's, which is good in their browser."""
    with site.tab() as page:
        hermit = site.enter(page, "hermit")
        assert hermit == site.enter(page, prompt="none") == HERMIT
        [value] = [
            cookie.get("value", "")
            for cookie in page.context.cookies(ORIGIN)
            if cookie.get("name") == COOKIE
        ]
    return value


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_cookie_signs_nobody_in_and_nobody_out(
    site: Site, stolen: str, planted: str
) -> None:
    cookies, number = PLANTED[planted]
    with site.tab() as page:
        assert len(site.plant(page, cookies, stolen)) == number
        assert site.enter(page, prompt="none") is None
        # Nor does it stand in the way of a login.
        assert site.enter(page, "ada.lindqvist") == ADA
        assert site.enter(page, prompt="none") == ADA
        # Planted beside a session, it takes nobody's place.
        page.context.clear_cookies(domain=f".{HOST}")
        assert len(site.plant(page, cookies, stolen)) == number
        assert site.enter(page, prompt="none") == ADA
