import base64
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from snowflake.errors import InvalidClient, OAuthError
from snowflake.oidc.credentials import presented_credentials
from snowflake.protocol.parameters import Parameters
from tests.login import CLIENT_ID, CLIENT_SECRET, code_for, redeem
from tests.running import Snowflake


def basic(client_id: str, secret: str) -> str:
    return f"Basic {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"


def presented(header: bytes | None, **form: str) -> tuple[str, str | None]:
    headers = [] if header is None else [(b"authorization", header)]
    request = Request({"type": "http", "headers": headers})
    client_id, secret, _ = presented_credentials(request, Parameters(list(form.items())))
    return client_id, secret.get_secret_value() if secret else None


discord_secrets = st.text("ABCyz019-_", min_size=1, max_size=32)
ids = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=":%+"), min_size=1
)


@given(discord_secrets, discord_secrets)
def test_basic_is_read_raw_and_form_encoded(client_id: str, secret: str) -> None:
    encoded = secret.replace("-", "%2D").replace("_", "%5f")
    for header in (basic(client_id, secret), basic(client_id, encoded)):
        assert presented(header.encode()) == (client_id, secret)


@given(ids, st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=40))
def test_any_secret_can_be_sent_form_encoded(client_id: str, secret: str) -> None:
    for encode in (quote_plus, lambda text: quote(text, safe="")):
        header = basic(encode(client_id), encode(secret))
        assert presented(header.encode()) == (client_id, secret)


@given(st.binary(max_size=60))
def test_no_header_makes_it_stumble(content: bytes) -> None:
    for header in (content, b"Basic " + content, b"Basic " + base64.b64encode(content)):
        try:
            client_id, _ = presented(header)
        except OAuthError as error:
            assert error.status in {400, 401}  # noqa: PT017
        else:
            assert client_id.isascii()
            assert client_id.isprintable()


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_the_scheme_may_be_written_in_any_case(scheme: str) -> None:
    header = basic("1", "s").replace("Basic", scheme).encode()
    assert presented(header) == ("1", "s")


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic MTIz",
        "Bearer abc",
        "",
        "Basic OnM=",
        "Digest a=b",
        basic("a b\x00", "s"),
        basic("é", "s"),
        basic("1" * 2000, "s"),
        basic("1", "s" * 2000),
    ],
)
async def test_a_header_that_says_nothing_is_an_invalid_client(
    snowflake: Snowflake, header: str
) -> None:
    code = await code_for(snowflake.browser)
    response = await redeem(
        snowflake.browser, code, {"authorization": header}, client_id=None, client_secret=None
    )
    assert response.status_code == 401
    assert response.json()["error"] == "invalid_client"
    assert response.headers["www-authenticate"].startswith("Basic ")
    assert not snowflake.discord.token.called


async def test_who_says_nothing_is_an_invalid_client(snowflake: Snowflake) -> None:
    response = await redeem(snowflake.browser, "code", client_id=None, client_secret=None)
    assert response.status_code == 401
    assert response.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("client_id", "client_secret", "status"),
    [
        (None, None, 200),
        (CLIENT_ID, None, 200),
        ("another", None, 400),
        (CLIENT_ID, CLIENT_SECRET, 400),
        (CLIENT_ID, "another", 400),
        (None, "another", 400),
        ("another", "another", 400),
    ],
)
async def test_basic_goes_with_the_same_client_id_in_the_form_and_nothing_else(
    snowflake: Snowflake, client_id: str | None, client_secret: str | None, status: int
) -> None:
    response = await redeem(
        snowflake.browser,
        await code_for(snowflake.browser),
        {"authorization": basic(CLIENT_ID, CLIENT_SECRET)},
        client_id=client_id,
        client_secret=client_secret,
    )
    assert response.status_code == status
    if status != 200:
        assert response.json()["error"] == "invalid_request"
        assert not snowflake.discord.token.called


@pytest.mark.parametrize("headers", [{"authorization": basic(CLIENT_ID, CLIENT_SECRET)}, None])
async def test_discord_is_asked_about_the_secret_however_it_came(
    snowflake: Snowflake, headers: dict[str, str] | None
) -> None:
    in_form = {} if headers is None else {"client_id": None, "client_secret": None}
    code = await code_for(snowflake.browser)
    await redeem(snowflake.browser, code, headers, **in_form)
    sent = snowflake.discord.token.calls.last.request.content.decode()
    assert f"client_id={CLIENT_ID}" in sent
    assert f"client_secret={CLIENT_SECRET}" in sent


@pytest.mark.parametrize("secret", ["x" * 256, "%" * 256, "ü" * 256, "𝄞" * 256])
@pytest.mark.parametrize("encoded", [False, True])
def test_the_longest_secret_fits_into_basic_in_whichever_way(secret: str, *, encoded: bool) -> None:
    sent = quote(secret, safe="") if encoded else secret
    assert presented(basic(CLIENT_ID, sent).encode()) == (CLIENT_ID, secret)


@pytest.mark.parametrize(("client_id", "secret"), [("x" * 257, "s"), ("x", "s" * 257)])
def test_basic_holds_no_more_than_a_form_may(client_id: str, secret: str) -> None:
    with pytest.raises(InvalidClient, match="more than a client ID and a client secret"):
        presented(basic(client_id, secret).encode())


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
async def test_what_is_longer_than_any_credential_is_refused(
    snowflake: Snowflake, name: str
) -> None:
    response = await redeem(snowflake.browser, "code", **{name: "x" * 257})
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"
