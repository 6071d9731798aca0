"""Where in a document an expression looks, so that nothing else has to be asked for.

It is gone through once, as if it were searched, but with *places* for values: ``guilds[].name`` is
the name of each guild, whatever it may be. Where it cannot be said which part of a value matters,
all of it does, so that the answer is never too little. What a filter chooses by ``id`` is known to
matter for those IDs alone: ``guilds[?id == '1'].name`` is nothing but the name of guild 1.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from snowflake.expressions.compiling import KEPT, Node, compiled, parts_of
from snowflake.expressions.narrowing import both, ids_of
from snowflake.expressions.places import ELEMENT, Look, Path, Place


class Looks(NamedTuple):
    """Where an expression looks, and the paths that it names and no document has."""

    at: frozenset[Look]
    unknown: tuple[Path, ...]


class _Value(NamedTuple):
    """What a part of an expression comes to: what is at a place, in so many lists."""

    place: Place
    lists: int = 0


_Values = frozenset[_Value]
_NOTHING: Final[_Values] = frozenset()


@lru_cache(KEPT)
def looks_of(text: str, known: frozenset[Path]) -> Looks:
    """Answer where an expression looks in a document that has the ``known`` paths.

    What is below ``(…, "*")`` is known whatever it is.
    """
    looking = _Looking(known)
    looking.at_all(looking.visit(compiled(text).parsed, frozenset({_Value(Place(()))})))
    return Looks(frozenset(looking.looks), tuple(dict.fromkeys(looking.unknown)))


class _Looking:
    """Goes through one expression."""

    def __init__(self, known: frozenset[Path]) -> None:
        self.looks: set[Look] = set()
        self.unknown: list[Path] = []
        self._known = known

    def visit(self, node: Node, values: _Values) -> _Values:
        """Answer what a part of the expression comes to for some values."""
        visit = _VISITS.get(node["type"], _Looking._any)
        return visit(self, node, values)

    def at_all(self, values: _Values) -> None:
        """Note that all that is in values matters."""
        self.looks.update(Look(value.place, whole=True) for value in values)

    def whether(self, values: _Values) -> None:
        """Note that it matters whether there are such values."""
        self.looks.update(Look(value.place, whole=False) for value in values)

    def _any(self, node: Node, values: _Values) -> _Values:
        """Look at the parts as a whole, and at nothing of what they come to together."""
        self.whether(values)
        for part in parts_of(node):
            self.at_all(self.visit(part, values))
        return _NOTHING

    def _same(self, _: Node, values: _Values) -> _Values:
        return values

    def _nothing(self, _: Node, __: _Values) -> _Values:
        return _NOTHING

    def _whole(self, _: Node, values: _Values) -> _Values:
        self.at_all(values)
        return _NOTHING

    def _field(self, node: Node, values: _Values) -> _Values:
        places = {value.place.below(node["value"]) for value in values if not value.lists}
        # A list of things has no field, though each of them may: that takes [] before it.
        of_lists = (value.place.below(node["value"]).path for value in values if value.lists)
        self.unknown.extend(of_lists)
        return frozenset(_Value(place) for place in places if self._has(place.path))

    def _has(self, path: Path) -> bool:
        if path in self._known:
            return True
        if any((*path[:end], "*") in self._known for end in range(len(path))):
            return True
        self.unknown.append(path)
        return False

    def _chain(self, node: Node, values: _Values) -> _Values:
        for part in parts_of(node):
            values = self.visit(part, values)
        return values

    def _index(self, _: Node, values: _Values) -> _Values:
        return self._elements(values)

    def _elements(self, values: _Values) -> _Values:
        """Answer what is in lists, and note that it matters whether there is anything."""
        elements = frozenset(
            _Value(value.place, value.lists - 1)
            if value.lists
            else _Value(value.place.below(ELEMENT))
            for value in values
            if value.lists or self._is_list(value.place)
        )
        self.whether(elements)
        return elements

    def _is_list(self, place: Place) -> bool:
        return (*place.path, ELEMENT) in self._known or (*place.path, "*") in self._known

    def _flatten(self, node: Node, values: _Values) -> _Values:
        [part] = parts_of(node)
        return frozenset(
            _Value(value.place.below(ELEMENT), 1)
            if value.lists == 1 and self._is_list(value.place)
            else _Value(value.place, max(1, value.lists - 1) if value.lists else 0)
            for value in self.visit(part, values)
        )

    def _projection(self, node: Node, values: _Values) -> _Values:
        left, right = parts_of(node)
        return _listed(self.visit(right, self._elements(self.visit(left, values))))

    def _filter(self, node: Node, values: _Values) -> _Values:
        left, right, condition = parts_of(node)
        ids, among = ids_of(condition), self.visit(left, values)
        # Before anything is noted of them: no other element gets as far as that.
        first = frozenset(_narrowed(value, ids, self._is_list) for value in among)
        elements = self._elements(first)
        self.whether(self.visit(condition, elements))
        return _listed(self.visit(right, elements))

    def _and(self, node: Node, values: _Values) -> _Values:
        left, right = parts_of(node)
        # If it comes to the left side, that is empty.
        self.whether(self.visit(left, values))
        return self.visit(right, values)

    def _or(self, node: Node, values: _Values) -> _Values:
        left, right = parts_of(node)
        found = self.visit(left, values)
        self.whether(found)
        return found | self.visit(right, values)

    def _not(self, node: Node, values: _Values) -> _Values:
        [part] = parts_of(node)
        self.whether(self.visit(part, values))
        return _NOTHING

    def _function(self, node: Node, values: _Values) -> _Values:
        parts = list(parts_of(node))
        match node["value"], *(part["type"] == "expref" for part in parts):
            case "length", False:
                self.whether(self.visit(parts[0], values))
                return _NOTHING
            case "reverse", False:
                found = self.visit(parts[0], values)
                # It takes lists and texts, and no null.
                self.whether(found)
                return found
            case "not_null", *_:
                found = _NOTHING.union(*(self.visit(part, values) for part in parts))
                self.whether(found)
                return found
            case "map", True, False:
                return _listed(self._by(parts[0], self.visit(parts[1], values)))
            case "sort_by" | "min_by" | "max_by" as name, False, True:
                among = self.visit(parts[0], values)
                self.at_all(self._by(parts[1], among))
                return among if name == "sort_by" else self._elements(among)
        return self._any(node, values)

    def _by(self, expref: Node, among: _Values) -> _Values:
        [part] = parts_of(expref)
        return self.visit(part, self._elements(among))

    def _expref(self, node: Node, values: _Values) -> _Values:
        # Of somewhere where no function expects one: it is searched nowhere.
        self.at_all(values)
        return self._any(node, values)


def _listed(values: Iterable[_Value]) -> _Values:
    return frozenset(_Value(value.place, value.lists + 1) for value in values)


def _narrowed(
    value: _Value, ids: frozenset[str] | None, is_list: Callable[[Place], bool]
) -> _Value:
    """Answer a value of whose elements only those with some IDs matter, if it is a first list."""
    place = value.place
    first_list = ELEMENT not in place.path and is_list(place) and not value.lists
    of_first = place.path.count(ELEMENT) == 1 and place.path[-1] == ELEMENT and value.lists == 1
    if ids is None or not (first_list or of_first):
        return value
    return value._replace(place=replace(place, among=both(place.among, ids)))


_Visit = Callable[[_Looking, Node, _Values], _Values]
# The methods are this file's own.
# ruff: noqa: SLF001
_VISITS: Final[Mapping[str, _Visit]] = {
    "current": _Looking._same,
    "identity": _Looking._same,
    "slice": _Looking._same,
    "literal": _Looking._nothing,
    "field": _Looking._field,
    "subexpression": _Looking._chain,
    "index_expression": _Looking._chain,
    "pipe": _Looking._chain,
    "index": _Looking._index,
    "flatten": _Looking._flatten,
    "projection": _Looking._projection,
    "value_projection": _Looking._whole,
    "filter_projection": _Looking._filter,
    "and_expression": _Looking._and,
    "or_expression": _Looking._or,
    "not_expression": _Looking._not,
    "function_expression": _Looking._function,
    "expref": _Looking._expref,
}
