import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snowflake.oidc.webfinger import ISSUER_RELATION
from tests.running import ORIGIN, Snowflake

LINK = {"rel": ISSUER_RELATION, "href": ORIGIN}


async def find(snowflake: Snowflake, query: str) -> httpx.Response:
    return await snowflake.browser.get(f"/.well-known/webfinger?{query}")


@pytest.mark.parametrize(
    ("sent", "subject"),
    [
        ("acct:nelly@example.com", "acct:nelly@example.com"),
        ("acct%3Anelly%40example.com", "acct:nelly@example.com"),
        ("acct:nelly@EXAMPLE.com", "acct:nelly@EXAMPLE.com"),
        ("ACCT:nelly@example.com", "ACCT:nelly@example.com"),
        ("acct:nelly@sub.example.org", "acct:nelly@sub.example.org"),
        ("acct:nelly%2540home@example.com", "acct:nelly%40home@example.com"),
        ("acct:nelly@ex%2561mple.com", "acct:nelly@ex%61mple.com"),
    ],
)
async def test_an_address_at_an_allowed_domain_leads_to_the_issuer(
    snowflake: Snowflake, sent: str, subject: str
) -> None:
    response = await find(snowflake, f"resource={sent}")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/jrd+json"
    assert response.json() == {"subject": subject, "links": [LINK]}


@pytest.mark.parametrize(
    "resource",
    [
        "acct:nelly@evil.com",
        "acct:nelly@example.org",
        "acct:nelly@sub.example.com",
        "acct:nelly@example.com@evil.com",
        "acct:nelly@example.com.evil.com",
        "acct:nelly@",
        "acct:@example.com",
        "acct:example.com",
        "acct:",
        "nelly@example.com",
        "mailto:nelly@example.com",
        "https://example.com/nelly",
        "acct:nelly@*",
        "acct:nelly@example.com%252f.evil.com",
        "acct:nelly@.",
        "%20acct:nelly@example.com",
    ],
)
async def test_nobody_else_is_found(snowflake: Snowflake, resource: str) -> None:
    response = await find(snowflake, f"resource={resource}")
    assert response.status_code == 404
    assert set(response.json()) == {"error", "error_description"}


@pytest.mark.parametrize("query", ["", "resource=", "resource", "rel=x", "resource=a&resource=b"])
async def test_without_one_resource_the_request_is_bad(snowflake: Snowflake, query: str) -> None:
    response = await find(snowflake, query)
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"


async def test_a_resource_that_is_too_long_is_bad(snowflake: Snowflake) -> None:
    response = await find(snowflake, f"resource=acct:{'a' * 1024}@example.com")
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("rel", "links"),
    [
        ("", [LINK]),
        (f"&rel={ISSUER_RELATION}", [LINK]),
        (f"&rel=http%3A%2F%2Fwebfinger.net%2Frel%2Favatar&rel={ISSUER_RELATION}", [LINK]),
        (f"&rel={ISSUER_RELATION}&rel={ISSUER_RELATION}", [LINK]),
        ("&rel=http://webfinger.net/rel/avatar", []),
    ],
)
async def test_the_link_is_there_unless_others_alone_are_asked_for(
    snowflake: Snowflake, rel: str, links: list[dict[str, str]]
) -> None:
    response = await find(snowflake, f"resource=acct:nelly@example.com{rel}")
    assert response.status_code == 200
    assert response.json() == {"subject": "acct:nelly@example.com", "links": links}


@given(st.text(max_size=30))
async def test_no_resource_makes_it_stumble(snowflake: Snowflake, text: str) -> None:
    for resource in (text, f"acct:{text}", f"acct:nelly@{text}", f"acct:{text}@example.com"):
        response = await snowflake.browser.get(
            "/.well-known/webfinger", params={"resource": resource}
        )
        assert response.status_code in {200, 400, 404}
