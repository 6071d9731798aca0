"""Snowflake over HTTPS, and somebody else at a subdomain of its name, in Chromium."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, sync_playwright
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from snowflake.sandbox.serving import serving
from tests.journeys.browser import APPLICATION_HOST, parameters
from tests.journeys.chromium import ARGUMENTS, choose
from tests.journeys.registered import client
from tests.journeys.relying_party import RelyingParty, Secrets, tokens_of
from tests.journeys.world import CALLBACK, CLIENT_SECRET, OWN_ID, world
from tests.proxies.documented import HOST, UPSTREAM, block, proxying, replaced
from tests.proxies.through import Through
from tests.serving import free_port, program
from tests.tls import authority

ORIGIN = f"https://{HOST}"
TRUSTING = {"UVICORN_FORWARDED_ALLOW_IPS": "127.0.0.1", "SNOWFLAKE_ALLOWED_HOSTS": HOST}
EVIL = f"evil.{HOST}"
#: Another site, whose page is the subdomain's.
ELSEWHERE = "elsewhere.test"
PAGE = "<!doctype html><link rel=icon href=data:,><title>Hm</title>"


@dataclass
class Subdomain:
    """Whoever answers below Snowflake's name, the cookies that they set, and what they show."""

    cookies: tuple[str, ...] = ()
    shown: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show a page."""
        if scope["type"] == "http":
            response = HTMLResponse(f"{PAGE}{self.shown}")
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


@contextmanager
def neighbours(certificates: Path, here: Path) -> Iterator[Site]:
    """Run Snowflake behind nginx, with the subdomain, in Chromium."""
    subdomain, port = Subdomain(), free_port()
    trusted = ssl.create_default_context(cadata=authority().cert_pem.bytes().decode())
    with ExitStack() as stack:
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
        ports = {HOST: through.port, EVIL: port, APPLICATION_HOST: port, ELSEWHERE: port}
        rules = ", ".join(f"MAP {host} 127.0.0.1:{port}" for host, port in ports.items())
        playwright = stack.enter_context(sync_playwright())
        launched = playwright.chromium.launch(
            executable_path=Path(program("chromium")),
            args=[*ARGUMENTS, f"--host-resolver-rules={rules}"],
        )
        stack.callback(launched.close)
        yield Site(party, subdomain, launched)
