"""Which elements of a list a filter chooses by their ``id``: those of ``[?id == '1']``."""

from typing import Final

from snowflake.expressions.compiling import Node, parts_of

#: What chooses an element of a list.
ID: Final = "id"


def ids_of(condition: Node) -> frozenset[str] | None:
    """Answer the IDs of which an element has to have one if it fulfils a condition."""
    parts = list(parts_of(condition))
    match condition["type"], condition.get("value"):
        case "comparator", "eq":
            return _text(*parts) or _text(*parts[::-1])
        case "function_expression", "contains":
            return _one_of(*parts)
        case "and_expression", _:
            return both(*map(ids_of, parts))
        case "or_expression", _:
            one, other = map(ids_of, parts)
            return None if one is None or other is None else one | other
    return None


def _text(literal: Node, field: Node) -> frozenset[str] | None:
    text = literal["value"] if literal["type"] == "literal" and _is_id(field) else None
    return frozenset({text}) if isinstance(text, str) else None


def _one_of(listed: Node, field: Node) -> frozenset[str] | None:
    if not _is_id(field):
        return None
    texts = listed.get("value")
    if listed["type"] == "multi_select_list":
        texts = [part.get("value") for part in parts_of(listed) if part["type"] == "literal"]
        if len(texts) < len(listed["children"]):
            return None
    # In a text it would be any part of that.
    if not isinstance(texts, list):
        return None
    return frozenset(text for text in texts if isinstance(text, str))


def _is_id(node: Node) -> bool:
    return bool(node["type"] == "field" and node["value"] == ID)


def both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """Answer the IDs that are among one and the other; None stands for all."""
    if one is None or other is None:
        return other if one is None else one
    return one & other
