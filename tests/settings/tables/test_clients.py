from datetime import timedelta

import pytest
from pydantic import SecretStr, ValidationError

from snowflake.settings.tables.clients import ClientTable


def client(**values: object) -> ClientTable:
    return ClientTable.model_validate(
        {"id": "app", "secret": "s", "redirect_uris": ["https://app.example.com/cb"], **values}
    )


@pytest.mark.parametrize(
    "uri",
    [
        "/cb",
        "https://app.example.com/cb#x",
        "http://app.example.com/cb",
        "javascript:alert(1)",
        "https://*.example.com/cb",
        r"regex:http://app\.example\.com/cb",
        "regex:.*",
    ],
)
def test_a_uri_to_which_no_login_may_lead_is_refused(uri: str) -> None:
    with pytest.raises(ValidationError, match="redirect_uris"):
        client(redirect_uris=[uri])
    with pytest.raises(ValidationError, match="post_logout_redirect_uris"):
        client(post_logout_redirect_uris=[uri])


def test_redirect_uris_are_compared_to_the_letter_or_by_a_pattern() -> None:
    table = client(
        redirect_uris=["https://app.example.com/cb", r"regex:https://.*\.example\.org/cb"]
    )
    assert table.redirects_to("https://app.example.com/cb")
    assert table.redirects_to("https://any.example.org/cb")
    assert not table.redirects_to("https://app.example.com/cb/")
    assert not table.redirects_to("https://App.example.com/cb")
    assert not table.redirects_to(r"regex:https://.*\.example\.org/cb")


@pytest.mark.parametrize("uri", ["com.example.app:/cb", r"regex:https://.*\.example\.org/"])
def test_after_a_logout_people_may_be_led_to_what_a_login_may_lead_to(uri: str) -> None:
    table = client(redirect_uris=[uri], post_logout_redirect_uris=[uri])
    assert table.redirect_uris == table.post_logout_redirect_uris == (uri,)


@pytest.mark.parametrize("client_id", ["", "a b", "a:b", "\u00e4", "x" * 257])
def test_a_client_id_fits_into_http_basic(client_id: str) -> None:
    with pytest.raises(ValidationError, match="visible ASCII"):
        client(id=client_id)


def test_a_name_is_one_line() -> None:
    assert client(name="Grafana \u2744").name == "Grafana \u2744"
    with pytest.raises(ValidationError, match="one line"):
        client(name="Gra\nfana")


def test_a_secret_is_seen_nowhere() -> None:
    table = client(secret="hunter2")
    assert table.secret == SecretStr("hunter2")
    assert "hunter2" not in repr(table) + str(table) + str(table.model_dump())


@pytest.mark.parametrize(
    "uri", ["https://app.example.com/logout?a=1", "http://app:8080/logout", "http://10.0.0.7/"]
)
def test_a_server_may_be_told_of_logouts_inside_a_network(uri: str) -> None:
    assert client(backchannel_logout_uri=uri).backchannel_logout_uri == uri


@pytest.mark.parametrize("uri", ["http://app:8080/logout", "HTTP://app.example.com/"])
def test_the_server_of_a_public_client_is_told_over_https_alone(uri: str) -> None:
    with pytest.raises(ValidationError, match=r"backchannel_logout_uri\n.*https://"):
        client(secret=None, public=True, backchannel_logout_uri=uri)
    secure = "https://app.example.com/"
    table = client(secret=None, public=True, backchannel_logout_uri=secure)
    assert table.backchannel_logout_uri == secure


@pytest.mark.parametrize(
    "uri",
    [
        "/logout",
        "app.example.com/logout",
        "ftp://app.example.com/",
        "https:///logout",
        "https://user:password@app.example.com/",
        "https://app.example.com:99999/",
        "https://app.example.com/#part",
        "https://app.example.com/#",
        "https://app.example.com/a b",
    ],
)
def test_a_server_at_no_usable_address_is_refused(uri: str) -> None:
    with pytest.raises(ValidationError, match="backchannel_logout_uri"):
        client(backchannel_logout_uri=uri)


@pytest.mark.parametrize("client_id", ["a/b", "a?b", "a#b", "a%b", "%2e", ".", ".."])
def test_an_id_that_can_be_no_part_of_a_path_has_no_issuer_to_itself(client_id: str) -> None:
    assert client(id=client_id).issuer_mode == "global"
    with pytest.raises(ValidationError, match="issuer_mode"):
        client(id=client_id, issuer_mode="per_client")


@pytest.mark.parametrize("client_id", ["grafana", "a|b", "...", "a;b", "{}"])
def test_any_other_may_have_one(client_id: str) -> None:
    assert client(id=client_id, issuer_mode="per_client").issuer_mode == "per_client"


def test_a_public_client_s_refresh_token_is_always_renewed() -> None:
    assert client(refresh_token_threshold="1d").refresh_token_threshold == timedelta(days=1)
    with pytest.raises(ValidationError, match="refresh_token_threshold"):
        client(secret=None, public=True, refresh_token_threshold="1d")
    assert client(secret=None, public=True, refresh_token_threshold="0").public


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("refresh_token_threshold", "59s"),
        ("refresh_token_threshold", "-1d"),
        ("id_token_lifetime", "59s"),
        ("id_token_lifetime", "0"),
        ("code_lifetime", "9s"),
        ("code_lifetime", "601s"),
        ("issuer_mode", "own"),
        ("webfinger", "sometimes"),
    ],
)
def test_what_is_out_of_bounds_is_refused(key: str, value: str) -> None:
    with pytest.raises(ValidationError, match=key):
        client(**{key: value})
