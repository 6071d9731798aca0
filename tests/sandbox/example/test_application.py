import httpx
import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response

from tests.sandbox.provider import CLIENT_SECRET, SUB, Provider

WRONG = [
    Response("", 500),
    HTMLResponse("<h1>Bad gateway</h1>", 502),
    HTMLResponse("<h1>It works</h1>"),
    JSONResponse([]),
    JSONResponse({}),
    JSONResponse("text"),
    JSONResponse({"error": "temporarily_unavailable"}, 503),
]


def assert_failed(page: httpx.Response) -> None:
    """The page says what happened and offers to try again."""
    assert page.status_code in {400, 502}
    assert "You are not signed in" in page.text
    assert 'href="/login"' in page.text


def test_the_start_offers_to_sign_in(example: httpx.Client) -> None:
    page = example.get("/")
    assert "Sign in with Discord" in page.text
    assert "/result" not in page.text


def test_the_request_has_state_nonce_and_pkce(example: httpx.Client, provider: Provider) -> None:
    example.get("/login")
    assert provider.asked["scope"] == "openid profile email groups"
    assert provider.asked["response_type"] == "code"
    assert provider.asked["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= provider.asked.keys()
    assert "prompt" not in provider.asked


def test_somebody_else_can_sign_in(example: httpx.Client, provider: Provider) -> None:
    page = example.get("/login")
    assert "/login?prompt=select_account" in page.text
    example.get("/login?prompt=select_account&scope=everything")
    assert provider.asked["prompt"] == "select_account"
    assert provider.asked["scope"] == "openid profile email groups"


def test_a_login_ends_on_its_result(example: httpx.Client, provider: Provider) -> None:
    page = example.get("/login")
    assert (page.status_code, page.url.path, page.url.query) == (200, "/result", b"")
    assert "Ada &lt;Lindqvist&gt;" in page.text
    assert page.text.count('<li class="card">') == 4
    assert provider.asked["nonce"] in page.text
    assert example.get("/").text.count("/result") == 1


def test_no_secret_is_shown(example: httpx.Client, provider: Provider) -> None:
    page = example.get("/login").text
    secrets = ["a" * 40, "r" * 40, "c" * 40, CLIENT_SECRET, provider.redeemed["code_verifier"]]
    assert not [secret for secret in secrets if secret in page]


def test_the_result_is_there_as_json(example: httpx.Client) -> None:
    assert example.get("/result.json").status_code == 404
    example.get("/login")
    claims = example.get("/result.json").json()["claims"]
    assert claims["sub"] == SUB
    assert claims["name"] == "Ada <Lindqvist>"
    assert claims["groups"] == []


def test_a_result_may_be_larger_than_a_cookie(example: httpx.Client, provider: Provider) -> None:
    provider.userinfo_claims = {"groups": [f"group {number}" for number in range(200)]}
    page = example.get("/login")
    assert "200 groups" in page.text
    assert "188 more" in page.text
    assert len(example.get("/result.json").json()["claims"]["groups"]) == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"name": None, "groups": None},
        {"name": "نور ✨", "preferred_username": "noor", "email": "noor@example.org"},
        {"name": "", "email": "a@example.com", "email_verified": True, "groups": ["<b>one</b>"]},
        {"name": 7, "groups": [1, 2]},
    ],
)
def test_odd_people_have_a_page(
    example: httpx.Client, provider: Provider, claims: dict[str, object]
) -> None:
    provider.userinfo_claims = claims
    page = example.get("/login")
    assert page.status_code == 200
    assert "<b>one" not in page.text


def test_signing_out_forgets(example: httpx.Client) -> None:
    example.get("/login")
    assert example.post("/logout").url.path == "/"
    assert example.get("/result.json").status_code == 404
    assert example.get("/result").url.path == "/"


def test_the_cookie_has_a_name_of_its_own(example: httpx.Client) -> None:
    example.get("/login")
    assert list(example.cookies) == ["example-session"]


def test_pages_allow_nothing_but_the_stylesheet(example: httpx.Client) -> None:
    for path in ("/", "/login", "/callback"):
        headers = example.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        # Signing out leads to the provider, and back.
        leads_away = path == "/login"
        assert ("form-action 'self'" in headers["content-security-policy"]) is not leads_away
        assert headers["x-content-type-options"] == "nosniff"


def test_refusing_is_no_accident(example: httpx.Client, provider: Provider) -> None:
    provider.denial = {"error": "access_denied", "error_description": "no"}
    page = example.get("/login")
    assert_failed(page)
    assert "The sign-in was not allowed" in page.text
    assert "It says: no" in page.text
    assert example.get("/result.json").json()["error"] == "access_denied"


def test_an_unknown_error_is_shown_with_its_description(
    example: httpx.Client, provider: Provider
) -> None:
    provider.denial = {"error": "unheard_of", "error_description": "<i>odd</i>"}
    page = example.get("/login")
    assert_failed(page)
    assert "&lt;i&gt;odd&lt;/i&gt;" in page.text


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=y", "?state=y", "?error=", "?x"])
def test_a_callback_out_of_nowhere_is_explained(example: httpx.Client, query: str) -> None:
    page = example.get(f"/callback{query}")
    assert_failed(page)
    assert "begun in this browser" in page.text


def test_a_callback_without_code_is_explained(example: httpx.Client, provider: Provider) -> None:
    provider.denial = {"odd": "1"}
    assert_failed(example.get("/login"))


@pytest.mark.parametrize("route", ["discovery", "token", "userinfo", "jwks"])
@pytest.mark.parametrize("answer", WRONG, ids=lambda answer: answer.body.decode()[:12])
def test_whatever_the_provider_answers_there_is_a_page(
    example: httpx.Client, provider: Provider, route: str, answer: Response
) -> None:
    provider.broken[route] = answer
    assert_failed(example.get("/login"))
    assert example.get("/result.json").json()["error_description"]


def test_a_provider_that_is_down_is_explained(example: httpx.Client, provider: Provider) -> None:
    dead = "http://localhost:9"
    provider.broken["discovery"] = JSONResponse(
        {
            "issuer": provider.issuer,
            "authorization_endpoint": f"{provider.issuer}/authorize",
            "token_endpoint": f"{dead}/token",
        }
    )
    page = example.get("/login")
    assert_failed(page)
    assert "could not be reached" in page.text


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "other"},
        {"aud": "other"},
        {"iss": "https://evil.example.com"},
        {"exp": 1},
        {"sub": "another person"},
    ],
    ids=lambda claims: next(iter(claims)),
)
def test_an_id_token_that_is_not_ours_is_refused(
    example: httpx.Client, provider: Provider, claims: dict[str, object]
) -> None:
    provider.id_claims = claims
    assert_failed(example.get("/login"))
