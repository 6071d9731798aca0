import re
from typing import Any

import jsonschema
from starlette.routing import Route

from snowflake.oidc.scopes import SCOPES
from snowflake.settings import Settings
from snowflake.web.openapi import openapi_document
from snowflake.web.routes import routes
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


def test_the_document_has_the_shape_of_the_specification() -> None:
    jsonschema.validate(openapi_document(ORIGIN), SHAPE)


def test_its_paths_are_the_routes(settings: Settings) -> None:
    served = {
        route.path.replace(":path", ""): {method.lower() for method in route.methods or ()}
        for route in routes(settings)
        if isinstance(route, Route) and route.path != "/"
    }
    document = openapi_document(ORIGIN)
    described = {path: set(operations) for path, operations in document["paths"].items()}
    assert described == {path: methods - {"head"} for path, methods in served.items()}


def test_what_it_refers_to_is_there() -> None:
    document = openapi_document(ORIGIN)
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


def test_the_parameters_of_a_path_are_described() -> None:
    for path, operations in openapi_document(ORIGIN)["paths"].items():
        for operation in operations.values():
            in_path = [p for p in operation.get("parameters", []) if p["in"] == "path"]
            assert [p["name"] for p in in_path] == re.findall(r"{(\w+)}", path)
            assert all(p["required"] for p in in_path)


def test_every_claim_is_described() -> None:
    userinfo = openapi_document(ORIGIN)["paths"]["/userinfo"]["get"]["responses"]["200"]
    claims = userinfo["content"]["application/json"]["schema"]["properties"]
    assert set(claims) == {claim for scope in SCOPES.values() for claim in scope.claims}


async def test_it_names_the_server_at_which_it_was_asked_for(
    settings: Settings, clock: Clock, discord: Discord
) -> None:
    on = settings.model_copy(update={"enable_docs": True, "base_path": "/auth"})
    async with running(on, clock, discord) as snowflake:
        response = await snowflake.browser.get("/auth/openapi.json")
    assert response.json()["servers"] == [{"url": f"{ORIGIN}/auth"}]
