import re
from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowflake.errors import InvalidRequest
from snowflake.oidc import redirects
from snowflake.settings import Settings
from snowflake.settings.registry import Registry
from tests.guides.documents import text_of
from tests.login import ask, code_for, come_back, depart, query_of, redeem
from tests.running import ORIGIN, Clock, Discord, Snowflake, running

PREFIX = f"{ORIGIN}/r/"

labels = st.text("abcxyz019", min_size=1, max_size=8)
hosts = st.one_of(
    st.lists(labels, min_size=1, max_size=3).map(
        lambda parts: "https://" + ".".join([*parts, "example"])
    ),
    st.sampled_from(
        [
            "https://192.0.2.1",
            "https://[2001:db8::1]",
            "http://localhost",
            "http://127.0.0.1",
            "http://[::1]",
        ]
    ),
)
ports = st.one_of(st.just(""), st.integers(1, 65535).map(lambda port: f":{port}"))
# "." and ".." are left out: every browser takes them away before it asks.
path_characters = st.text("abzAZ09-_~!$&'()*+,;=:@", max_size=6).filter(
    lambda part: part.strip(".")
)
escapes = st.sampled_from(["%20", "%2F", "%3F", "%C3%A9", "%25", "%2520", "%5C", "%c3%a9"])
segments = st.lists(path_characters | escapes, min_size=1, max_size=3).map("".join)
paths = st.lists(segments, max_size=3).map(lambda parts: "".join(f"/{part}" for part in parts))
slashes = st.sampled_from(["", "/"])
queries = st.one_of(
    st.just(""),
    st.text("abz019=&%+/:".replace("%", ""), min_size=1, max_size=12).map(
        lambda text: f"?q={text}"
    ),
    st.just("?next=%2Fhome%3Fa%3Db&x=https://other.example/"),
)
uris = st.tuples(hosts, ports, paths, slashes, queries).map("".join)


def resolve(uri: str, issuer: str, settings: Settings) -> redirects.RedirectURI:
    """Resolve a Discord application's redirect URI."""
    client = Registry(settings).find("1")
    assert client is not None
    return redirects.resolve(uri, client, issuer, settings)


@given(uris)
def test_an_applications_uri_survives_in_every_form(settings: Settings, uri: str) -> None:
    for sent in (uri, PREFIX + uri, PREFIX + quote(uri, safe="")):
        resolved = resolve(sent, ORIGIN, settings)
        assert resolved.application == uri
        assert resolved.discord == (sent if sent.startswith(PREFIX) else PREFIX + uri)


@pytest.mark.parametrize("uri", ["https://.example.org/cb", "https://a..example.org/cb"])
def test_what_a_pattern_takes_in_is_still_refused_where_no_browser_goes(
    settings: Settings, uri: str
) -> None:
    pattern = r"regex:https://.*\.example\.org/cb"
    redirects.check_known("redirect_uri", "https://app.example.org/cb", (pattern,), settings)
    with pytest.raises(InvalidRequest, match="redirect_uri must have a host name"):
        redirects.check_known("redirect_uri", uri, (pattern,), settings)


@given(uris)
def test_discord_coming_back_to_any_form_is_recognised(settings: Settings, uri: str) -> None:
    for sent in (uri, PREFIX + quote(uri, safe="")):
        resolved = resolve(sent, ORIGIN, settings)
        # As a server passes it on: decoded once, without the query.
        path = unquote(resolved.discord.partition("?")[0].removeprefix(ORIGIN))
        assert redirects.is_callback_for(path, resolved.discord, ORIGIN), sent


URIS = [
    "https://app.example.com",
    "https://app.example.com/",
    "https://app.example.com/callback",
    "https://app.example.com/source/oauth/callback/discord/",
    "https://app.example.com:8443/callback",
    "https://app.example.com/callback?tenant=1&next=%2Fhome",
    "https://app.example.com/callback?next=https://app.example.com/r/x",
    "https://app.example.com/a%20b/%C3%A9",
    "https://app.example.com/a+b;c=d/@e",
    "http://localhost:3000/callback",
    "http://127.0.0.1/",
    "http://[::1]:3000/callback",
    "https://[2001:db8::1]/callback",
]


@pytest.mark.parametrize("form", ["plain", "long", "percent-encoded"])
@pytest.mark.parametrize("uri", URIS)
async def test_a_login_ends_at_the_applications_uri_byte_for_byte(
    snowflake: Snowflake, uri: str, form: str
) -> None:
    sent = {"plain": uri, "long": PREFIX + uri, "percent-encoded": PREFIX + quote(uri, safe="")}
    departure = await depart(snowflake.browser, redirect_uri=sent[form])
    assert departure.redirect_uri.startswith(PREFIX)
    response = await come_back(snowflake.browser, departure)
    assert response.status_code == 302, response.text
    location = response.headers["location"]
    added = location.removeprefix(uri)
    assert added.startswith("&code=" if "?" in uri else "?code=")
    code = query_of(f"https://x/?{added[1:]}")["code"]
    assert (await redeem(snowflake.browser, code, redirect_uri=sent[form])).status_code == 200


HOSTILE = [
    "javascript:alert(1)",
    "javascript://app.example.com/%0aalert(1)",
    "data:text/html,<script>",
    "ftp://app.example.com/",
    "http://app.example.com/callback",
    "http://localhost.evil.com/",
    "http://127.0.0.1.evil.com/",
    "//app.example.com/callback",
    "/callback",
    "app.example.com/callback",
    "https:app.example.com",
    "https:/app.example.com",
    "https:///app.example.com",
    "https://",
    "https://:443/",
    "https://app.example.com:99999/",
    "https://app.example.com:port/",
    "https://[::1",
    "https://me@app.example.com/",
    "https://app.example.com@evil.com/",
    "https://app.example.com\\@evil.com/",
    "https:\\\\evil.com\\",
    "https://evil.com\\.example.com/",
    "https://app.example.com/#fragment",
    "https://app.example.com/callback#",
    "https://app.example.com/?",
    "https://app.example.com/call back",
    "https://app.example.com/\tcallback",
    " https://app.example.com/",
    "https://app.example.com/\r\nSet-Cookie: a=b",
    "https://b\u00fccher.example/callback",
    "https://app.example.com/caf\u00e9",
    "https://app\u3002example.com/",
    "HTTPS://app.example.com/",
    "https://app.example.com/<script>",
    'https://app.example.com/"',
    "https://app.example.com/{x}",
    "https://app.example.com/?code=1",
    "https://app.example.com/?a=b&state=1",
    "https://app.example.com/?i%73s=1",
    "https://app.example.com/?error=",
    f"{PREFIX}https://app.example.com/callback",
    f"{PREFIX}{ORIGIN}/r/https://app.example.com/",
    "urn:ietf:wg:oauth:2.0:oob",
    "com.example.app:/callback",
]


@pytest.mark.parametrize("uri", HOSTILE)
async def test_nobody_is_sent_to_a_hostile_uri(snowflake: Snowflake, uri: str) -> None:
    for sent in (uri, PREFIX + uri, PREFIX + quote(uri, safe="")):
        if redirects.unwrap(sent, ORIGIN) == "https://app.example.com/callback":
            continue  # the long form of an honest one
        response = await ask(snowflake.browser, redirect_uri=sent)
        assert response.status_code == 400, sent
        assert "location" not in response.headers


@given(
    st.text(max_size=40)
    | st.text("htps:/\\@.#?[]%0a\t r", max_size=30).map("https://a.example".__add__)
)
def test_whatever_is_sent_only_https_or_this_machine_is_ever_redirected_to(
    settings: Settings, sent: str
) -> None:
    for form in (sent, PREFIX + sent, PREFIX + quote(sent, safe="")):
        try:
            uri = resolve(form, ORIGIN, settings).application
        except InvalidRequest:
            continue
        assert uri.isascii()
        assert uri.isprintable()
        parts = urlsplit(uri)
        assert parts.scheme == "https" or settings.is_secure(parts.scheme, parts.hostname or "")
        assert not {"\\", "@", "#", " "} & set(parts.netloc)
        assert "#" not in uri


async def test_the_long_form_may_be_demanded(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    strict = settings.model_copy(update={"fix_redirect_uris": False})
    async with running(strict, clock, discord) as snowflake:
        assert (await ask(snowflake.browser)).status_code == 400
        uri = f"{PREFIX}https://app.example.com/callback"
        assert await code_for(snowflake.browser, redirect_uri=uri)


async def test_plain_http_may_be_forbidden_on_the_machine_too(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    strict = settings.model_copy(update={"treat_loopback_as_secure": False})
    async with running(strict, clock, discord) as snowflake:
        response = await ask(snowflake.browser, redirect_uri="http://localhost:3000/callback")
        assert response.status_code == 400


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example.com/a/../b",
        "https://app.example.com/%2e%2e/b",
        "https://app.example.com/./b",
        "https://app.example.com/%0d%0aX:y",
        "https://app.example.com/cb?x=%FF",
        "https://app.example.com/cb?" + "&".join(f"x{n}=1" for n in range(60)),
        "http://[::1]evil/callback",
        "https://SNOWFLAKE.example.com/r/https://app.example.com/",
        "https://snowflake.example.com:443/r/https://app.example.com/",
        "https://snowflake.example.com/authorize?client_id=1",
        "https://snowflake.example.com//authorize",
        "https://snowflake.example.com/%61uthorize",
        "https://snowflake.example.com///r/https://app.example.com/",
        "https://snowflake.example.com/%72/https://app.example.com/",
        "https://snowflake.example.com/%63allback",
    ],
)
async def test_what_could_not_come_back_is_refused_before_the_person_has_approved(
    snowflake: Snowflake, uri: str
) -> None:
    response = await ask(snowflake.browser, redirect_uri=uri)
    assert response.status_code == 400


def test_another_application_may_share_our_origin(settings: Settings) -> None:
    for path in ("app/callback", "app//r/callback", "loginr/callback"):
        uri = f"https://snowflake.example.com/{path}"
        assert resolve(uri, f"{ORIGIN}/login", settings).application == uri


def test_every_redirect_uri_of_the_readme_is_accepted(settings: Settings) -> None:
    rows = re.findall(r"^\| \[.+?\]\(.+?applications.md#.+", text_of("README.md"), re.MULTILINE)
    uris = [uri for row in rows for uri in re.findall(r"`(https?://[^`]+)`", row)]
    assert len(uris) >= 18
    for uri in uris:
        assert resolve(uri, ORIGIN, settings).application == uri
