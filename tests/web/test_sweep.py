"""Anything at all, sent to every endpoint: never a crash, always an answer of the right kind."""

import json
import re
from urllib.parse import quote_from_bytes

from hypothesis import given, settings
from hypothesis import strategies as st

from snowflake.protocol.paths import AUTHORIZATION_SERVER
from snowflake.settings.issuers import CLIENTS
from snowflake.web import audiences
from tests.raw import FORM, send_raw
from tests.running import Snowflake

PATHS = [
    *("/", "/authorize", "/r/https://app.example.com/callback", "/r/", "/r", "/docs", "/nowhere"),
    "/device",
    *("/clients/x/.well-known/openid-configuration", "/clients/x/.well-known/jwks.json"),
    *sorted(audiences.FOR_APPLICATIONS),
]
#: Below which what single clients' issuers say of themselves is found.
ISSUERS = [*audiences.OF_ISSUERS, f"{AUTHORIZATION_SERVER}{CLIENTS}"]
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"]
NAMES = [
    *("client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "prompt", "code"),
    *("code_challenge", "code_challenge_method", "request", "registration", "error", "iss", "rel"),
    *("grant_type", "code_verifier", "client_secret", "access_token", "resource", "response_mode"),
    *("device_code", "user_code", "note", "answer"),
]
GOOD = ["1", "code", "openid", "https://a.example/", "authorization_code", "S256", "acct:a@b.c"]
# What RFC 6749, section 5.2, lets an error_description hold.
DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]+")

values = st.sampled_from(GOOD).map(str.encode) | st.binary(max_size=12)
encoded = values.map(quote_from_bytes).map(str.encode) | values
fields = st.tuples(st.sampled_from(NAMES).map(str.encode), encoded).map(b"=".join)
forms = st.lists(fields, max_size=8).map(b"&".join) | st.binary(max_size=40)
headers = st.lists(
    st.tuples(
        st.sampled_from(
            [
                b"authorization",
                b"cookie",
                b"content-type",
                b"origin",
                b"referer",
                b"host",
                b"content-length",
                b"transfer-encoding",
                b"x-forwarded-proto",
                b"accept",
                b"access-control-request-method",
                b"access-control-request-headers",
            ]
        ),
        st.binary(max_size=20)
        | st.sampled_from([FORM[1], b"Basic YTpi", b"Bearer a.b.c", b"Basic /w==", b"localhost"]),
    ),
    max_size=4,
)


@settings(max_examples=600)
@given(
    path=st.sampled_from(PATHS)
    | st.text(max_size=10).map(lambda text: f"/r/{text}")
    | st.tuples(st.sampled_from(ISSUERS), st.text(max_size=10)).map("".join),
    method=st.sampled_from(METHODS),
    query=forms,
    sent=headers,
    body=forms,
    as_form=st.booleans(),
)
async def test_no_request_makes_it_stumble(
    snowflake: Snowflake,
    *,
    path: str,
    method: str,
    query: bytes,
    sent: list[tuple[bytes, bytes]],
    body: bytes,
    as_form: bool,
) -> None:
    if as_form:
        sent = [FORM, *sent]
    response = await send_raw(snowflake.app, path, query, method=method, headers=sent, body=body)
    assert response.status < 500
    if response.status >= 400:
        assert b"Traceback" not in response.body
        if audiences.is_for_applications(path) and method != "OPTIONS":
            assert response.headers["content-type"] == "application/json"
        if audiences.is_for_applications(path) and method not in {"HEAD", "OPTIONS"}:
            answer = json.loads(response.body)
            assert set(answer) == {"error", "error_description"}
            assert DESCRIPTION.fullmatch(answer["error_description"])
        if response.status == 401:
            assert "www-authenticate" in response.headers
    location = response.headers.get("location", "https://")
    assert location.startswith("https://")


@settings(max_examples=150)
@given(
    path=st.sampled_from(["/authorize", "/token", "/userinfo"]),
    method=st.sampled_from(["GET", "POST"]),
    changes=st.dictionaries(st.sampled_from(NAMES), st.text(max_size=10), max_size=3),
)
async def test_a_good_request_with_something_odd_in_it_is_answered_too(
    snowflake: Snowflake, path: str, method: str, changes: dict[str, str]
) -> None:
    good = {
        "client_id": "1",
        "redirect_uri": "https://a.example/",
        "response_type": "code",
        "scope": "openid",
        "grant_type": "authorization_code",
        "code": "x",
    }
    parameters = {**good, **changes}
    response = (
        await snowflake.browser.get(path, params=parameters)
        if method == "GET"
        else await snowflake.browser.post(path, data=parameters)
    )
    assert response.status_code < 500
