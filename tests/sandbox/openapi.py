"""Discord's own specification, cut to the routes that the sandbox serves."""

import json
from pathlib import Path

from jsonschema import Draft202012Validator

SPECIFICATION = json.loads(Path(__file__).with_name("openapi.json").read_text("utf-8"))


def assert_valid(document: object, schema: str) -> None:
    """Hold a document against a schema, and its fields against those that the schema names."""
    reference = f"#/components/schemas/{schema}"
    components = SPECIFICATION["components"]
    Draft202012Validator({"$ref": reference, "components": components}).validate(document)
    properties = components["schemas"][schema].get("properties")
    if properties is not None:
        assert isinstance(document, dict)
        assert document.keys() <= properties.keys()
