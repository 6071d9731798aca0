import re
from typing import Any

import jsonschema
import pytest
from starlette.routing import Route

from snowflake.errors import LoginDenied, LoginError, SnowflakeError
from snowflake.oidc.discovery import metadata
from snowflake.oidc.scopes import BUILT_IN, GROUP_NAMES
from snowflake.settings import Settings
from snowflake.settings.registry import Registry
from snowflake.web.openapi import openapi_document
from snowflake.web.openapi.schemas import claims
from snowflake.web.routes import routes
from tests.linked_roles.world import with_linked_roles
from tests.oidc.signed_in import GRAFANA
from tests.oidc.test_registered_clients import registering
from tests.running import ORIGIN, Clock, Discord, running

DESCRIBED = {"type": "object", "required": ["description"]}
SCHEMA = {"type": "object", "minProperties": 1}
# The parts of OpenAPI 3.0.3 that the document uses, and no others.
SHAPE: dict[str, Any] = {
    "type": "object",
    "required": ["openapi", "info", "paths"],
    "properties": {
        "openapi": {"const": "3.0.3"},
        "info": {"type": "object", "required": ["title", "version"]},
        "servers": {"type": "array", "items": {"type": "object", "required": ["url"]}},
        "paths": {
            "type": "object",
            "propertyNames": {"pattern": "^/"},
            "additionalProperties": {
                "type": "object",
                "propertyNames": {"enum": ["get", "post"]},
                "additionalProperties": {"$ref": "#/$defs/operation"},
            },
        },
        "components": {
            "type": "object",
            "propertyNames": {"enum": ["schemas", "securitySchemes"]},
        },
    },
    "additionalProperties": False,
    "$defs": {
        "operation": {
            "type": "object",
            "required": ["summary", "responses"],
            "properties": {
                "summary": {"type": "string"},
                "security": {"type": "array"},
                "parameters": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name", "in", "schema"],
                        "properties": {"in": {"enum": ["query", "path"]}, "schema": SCHEMA},
                    },
                },
                "requestBody": {"type": "object", "required": ["content"]},
                "responses": {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": {"pattern": "^[1-5][0-9]{2}$"},
                    "additionalProperties": DESCRIBED,
                },
            },
            "additionalProperties": False,
        }
    },
}


@pytest.fixture(params=["plain", "linked roles"])
def configured(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    if request.param == "plain":
        return settings
    return with_linked_roles(settings).model_copy(update={"discord_public_key": "0" * 64})


@pytest.fixture
def document(configured: Settings) -> dict[str, Any]:
    return openapi_document(metadata(ORIGIN, Registry(configured).offers), configured)


def test_the_document_has_the_shape_of_the_specification(document: dict[str, Any]) -> None:
    jsonschema.validate(document, SHAPE)


def test_its_paths_are_the_routes(document: dict[str, Any], configured: Settings) -> None:
    served = {
        route.path.replace(":path", ""): {method.lower() for method in route.methods or ()}
        for route in routes(configured)
        if isinstance(route, Route) and route.path != "/"
    }
    described = {path: set(operations) for path, operations in document["paths"].items()}
    assert described == {path: methods - {"head"} for path, methods in served.items()}


def test_what_it_refers_to_is_there(document: dict[str, Any]) -> None:
    schemas, schemes = (document["components"][name] for name in ("schemas", "securitySchemes"))
    references = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert references == set(schemas)
    used = {
        name
        for operations in document["paths"].values()
        for operation in operations.values()
        for requirement in operation.get("security", [])
        for name in requirement
    }
    assert used == set(schemes)


def test_the_parameters_of_a_path_are_described(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            in_path = [p for p in operation.get("parameters", []) if p["in"] == "path"]
            assert [p["name"] for p in in_path] == re.findall(r"{(\w+)}", path)
            assert all(p["required"] for p in in_path)


def test_every_claim_that_somebody_may_be_told_is_described(document: dict[str, Any]) -> None:
    userinfo = document["paths"]["/userinfo"]["get"]["responses"]["200"]
    claims = userinfo["content"]["application/json"]["schema"]["properties"]
    of_scopes = {claim for scope in BUILT_IN.values() for claim in scope.claims}
    assert set(claims) == of_scopes - GROUP_NAMES


def test_a_claim_by_expression_is_told_as_one() -> None:
    told = {"issuer": ORIGIN, "claims_supported": ["iss", "sub", "sid", "email", "role"]}
    assert claims(told)["properties"] == {
        "sub": {"description": "With the scope openid."},
        "email": {"description": "With the scope email."},
        "role": {"description": "By an expression of the operator's."},
    }


def test_what_the_parameters_may_be_is_what_the_provider_says(settings: Settings) -> None:
    lists = ("response_types", "prompt_values", "code_challenge_methods", "grant_types", "scopes")
    provider: dict[str, Any] = {f"{name}_supported": [f"of {name}"] for name in lists}
    provider |= {"issuer": ORIGIN, "claims_supported": ["email"]}
    document = openapi_document(provider, settings)
    for method, name in (("get", "parameters"), ("post", "requestBody")):
        described = str(document["paths"]["/authorize"][method][name])
        assert all(f"of {name}" in described for name in lists if name != "grant_types")
    form = document["paths"]["/token"]["post"]["requestBody"]["content"]
    [schema] = [content["schema"] for content in form.values()]
    assert schema["properties"]["grant_type"]["enum"] == ["of grant_types"]
    answered = document["paths"]["/userinfo"]["get"]["responses"]["200"]["content"]
    assert set(answered["application/json"]["schema"]["properties"]) == {"email"}


@pytest.mark.parametrize("signed", [True, False])
def test_userinfo_is_a_token_where_some_client_has_it_signed(
    settings: Settings, signed: bool
) -> None:
    configured = registering(settings, GRAFANA.model_copy(update={"signed_userinfo": signed}))
    document = openapi_document(metadata(ORIGIN, Registry(configured).offers), configured)
    jsonschema.validate(document, SHAPE)
    for operation in document["paths"]["/userinfo"].values():
        assert ("application/jwt" in operation["responses"]["200"]["content"]) is signed


async def test_it_names_the_server_at_which_it_was_asked_for(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    on = settings.model_copy(update={"enable_docs": True, "base_path": "/auth"})
    async with running(on, clock, discord) as snowflake:
        response = await snowflake.browser.get("/auth/openapi.json")
    assert response.json()["servers"] == [{"url": f"{ORIGIN}/auth"}]


def kinds_of(kind: type[Exception]) -> set[type[Exception]]:
    return {kind}.union(*map(kinds_of, kind.__subclasses__()))


def failures(document: dict[str, Any]) -> dict[str, set[int]]:
    """Answer by path and method which statuses of a failure an operation has."""
    return {
        f"{method} {path}": {int(status) for status in operation["responses"] if status >= "400"}
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def test_every_status_of_a_failure_is_that_of_an_error(document: dict[str, Any]) -> None:
    known = {kind.status for kind in kinds_of(SnowflakeError) if hasattr(kind, "status")}
    assert set().union(*failures(document).values()) <= known


def test_who_may_not_sign_in_and_a_login_that_is_over_have_their_statuses(
    document: dict[str, Any],
) -> None:
    told = failures(document)
    assert {LoginDenied.status, LoginError.status} <= told["get /callback"]
    # There nobody is known before the application redeems the code.
    assert LoginDenied.status not in told["get /r/{redirect_uri}"]


def test_a_status_that_means_two_things_says_both(document: dict[str, Any]) -> None:
    described = document["paths"]["/callback"]["get"]["responses"][str(LoginError.status)]
    assert "request" in described["description"]
    assert "The login can't go on" in described["description"]
