"""Apache with mod_auth_openidc, which protects pages and knows rules over claims."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.journeys.browser import Browser, arrival, parameters
from tests.journeys.registered import client
from tests.journeys.relying_party import SCOPE, RelyingParty, Secrets, tokens_of
from tests.journeys.world import ADA, CLIENT_SECRET, World
from tests.journeys.world import world as running_world
from tests.serving import Program, free_port, missing, program, running

MODULES = Path("/usr/lib/apache2/modules")
LOADED = ("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "env", "include", "mime")
LIGHTHOUSE_KEEPERS = "214249708711837696"
HERMIT = "1180264139540275200"
#: Long enough to sign.
SECRET = "a client secret of more than thirty-two bytes"

CONFIGURATION = """
{load}
{user}
ServerRoot {directory}
DefaultRuntimeDir {directory}
PidFile {directory}/pid
TypesConfig /dev/null
KeepAlive Off
ErrorLog /dev/stderr
ServerName localhost
Listen 127.0.0.1:{port}
DocumentRoot {directory}/pages

OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret "{client_secret}"
OIDCRedirectURI http://localhost:{port}/members/callback
OIDCCryptoPassphrase a-passphrase-of-the-tests
OIDCScope "{scope}"
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
OIDCPassClaimsAs environment

<Directory {directory}/pages>
  Options +Includes
  DirectoryIndex index.shtml
  AddType text/html .shtml
  AddOutputFilter INCLUDES .shtml
</Directory>
<Location /members>
  AuthType openid-connect
  Require valid-user
</Location>
<Location /keepers>
  AuthType openid-connect
  Require claim groups:{guild}
</Location>
"""
PAGE = """<!--#echo var="REMOTE_USER" -->
<!--#echo var="OIDC_CLAIM_name" -->
<!--#echo var="OIDC_CLAIM_email" -->
<!--#echo var="OIDC_CLAIM_groups" -->
"""


@pytest.fixture(scope="module")
def pages() -> Iterator[Path]:
    # Not below pytest's own directory: Apache, started by root, reads it as somebody else.
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for folder in ("members", "keepers"):
            (directory / "pages" / folder).mkdir(parents=True)
            (directory / "pages" / folder / "index.shtml").write_text(PAGE)
        for path in (directory, *directory.rglob("*")):
            path.chmod(0o755)
        yield directory


@pytest.fixture
def apache(pages: Path, world: World, tmp_path: Path) -> Iterator[str]:
    """Run Apache in the foreground, and answer its origin."""
    port = free_port()
    party = world.party(redirect_uri=f"http://localhost:{port}/members/callback")
    with _running(pages, port, party, tmp_path):
        yield f"http://localhost:{port}"


@contextmanager
def _running(
    pages: Path, port: int, party: RelyingParty, directory: Path, further: str = ""
) -> Iterator[Program]:
    executable = program("apache2")
    if not (MODULES / "mod_auth_openidc.so").exists():
        missing("mod_auth_openidc")
    configuration = directory / "apache.conf"
    configuration.write_text(_configuration(pages, port, party) + further)
    command = [executable, "-f", str(configuration), "-DFOREGROUND"]
    with running(command, directory / "apache.log") as started:
        started.wait_for_http(f"http://127.0.0.1:{port}/")
        yield started


def _configuration(directory: Path, port: int, party: RelyingParty) -> str:
    modules = (*LOADED, "auth_openidc")
    return CONFIGURATION.format(
        load="\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in modules),
        user="User nobody\nGroup nogroup" if os.geteuid() == 0 else "",
        directory=directory,
        port=port,
        issuer=party.issuer,
        client_id=party.client_id,
        client_secret=party.client_secret,
        scope=SCOPE,
        guild=LIGHTHOUSE_KEEPERS,
    )


def test_a_protected_page_shows_who_came(apache: str, browser: Browser) -> None:
    page = browser.allow(browser.open(f"{apache}/members/"), ADA)
    assert page.status_code == 200
    assert str(page.url) == f"{apache}/members/"
    user, name, email, groups = page.text.splitlines()[:4]
    assert user == ADA
    assert name == "Ada Lindqvist"
    assert email == "ada@example.com"
    assert LIGHTHOUSE_KEEPERS in groups.split(",")


def test_the_next_page_asks_nobody(apache: str, browser: Browser) -> None:
    browser.allow(browser.open(f"{apache}/members/"), ADA)
    assert browser.open(f"{apache}/keepers/").status_code == 200


def test_a_rule_over_groups_turns_others_away(apache: str, browser: Browser) -> None:
    page = browser.allow(browser.open(f"{apache}/keepers/"), HERMIT)
    assert page.status_code == 401
    assert str(page.url) == f"{apache}/keepers/"
    assert browser.open(f"{apache}/members/").status_code == 200


def test_a_refusal_ends_at_apache_and_lets_nobody_in(apache: str, browser: Browser) -> None:
    # This version takes an error with `iss` (RFC 9207) for somebody else's login, and says so.
    page = browser.refuse(browser.open(f"{apache}/members/"))
    assert page.url.path == "/members/callback"
    assert "Error" in page.text
    assert browser.open(f"{apache}/members/").url.path == "/oauth2/authorize"


# It knows no EdDSA.
@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "ES384", "ES512", "HS256"])
def test_whoever_signs_out_elsewhere_is_signed_out_by_apache_too(
    algorithm: str, pages: Path, tmp_path: Path
) -> None:
    port = free_port()
    origin = f"http://localhost:{port}"
    keys = (
        f'backchannel_logout_uri = "{origin}/members/callback?logout=backchannel"\n'
        f'signing_alg = "{algorithm}"\nsigned_userinfo = true'
    )
    file = client("apache", keys) + client("another")
    signed = f"OIDCIDTokenSignedResponseAlg {algorithm}\nOIDCUserInfoSignedResponseAlg {algorithm}"
    with (
        running_world(tmp_path, file=file.replace(CLIENT_SECRET, SECRET)) as world,
        _running(pages, port, of_apache(world, origin), tmp_path, signed) as apache,
        Browser() as browser,
        Browser() as bystander,
    ):
        for each in (browser, bystander):
            assert each.allow(each.open(f"{origin}/members/"), ADA).status_code == 200
        # At another application, to which they come by their session, they sign out.
        another, login = replace(world.client("another"), client_secret=SECRET), Secrets()
        code = another.code(login, arrival(browser.open(another.begin(login))))
        tokens = tokens_of(another.redeem(login, code))
        hint = tokens["id_token"]
        page = browser.open(f"{world.snowflake.origin}/logout?id_token_hint={hint}")
        assert "You have signed out" in page.text
        # Not followed: Discord would let them in again without a question.
        apache.wait_until(lambda: browser.http.get(f"{origin}/members/").is_redirect)
        # The same person's session in another browser is another one.
        assert bystander.http.get(f"{origin}/members/").status_code == 200
        # Snowflake hears of it a moment later.
        world.snowflake.wait_until(lambda: '"outcome":"delivered"' in world.snowflake.log)


def of_apache(world: World, origin: str) -> RelyingParty:
    party = world.client("apache", f"{origin}/members/callback")
    return replace(party, client_secret=SECRET)


def test_its_logout_ends_the_session_too(apache: str, world: World, browser: Browser) -> None:
    def is_signed_in() -> bool:
        asked = world.registering.party().begin(Secrets(), prompt="none")
        return "code" in parameters(arrival(browser.open(asked)))

    browser.allow(browser.open(f"{apache}/members/"), ADA)
    assert is_signed_in() is world.registers
    goodbye = f"{apache}/goodbye"
    page = browser.open(f"{apache}/members/callback?logout={quote(goodbye, safe='')}")
    if world.registers:
        assert str(page.url) == goodbye
    else:
        # Nobody vouches for an address of a Discord application.
        assert page.url.path == "/logout"
        assert "You have signed out" in page.text
    assert not is_signed_in()
