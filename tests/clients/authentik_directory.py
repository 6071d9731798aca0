"""Authentik's directory: how a login by a source changes the groups that somebody is in.

An imitation of its behaviour, faults included. What a property mapping asks for by
``from authentik.core.models import …`` are real models of Django, on SQLite in memory: names of
groups are unique, and a query means what it means there.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from textwrap import indent
from types import ModuleType
from typing import Any

import django
from django.conf import settings
from django.db import IntegrityError, connection, models, transaction

from tests.clients.authentik import ServerError
from tests.journeys.relying_party import Json

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()


class Source(models.Model):  # type: ignore[misc]  # Django has no types.
    """As much of a source as its property mappings and its matching look at."""

    slug = models.TextField(unique=True)
    group_matching_mode = models.TextField(default="identifier")

    class Meta:
        app_label = "authentik_core"


class Group(models.Model):  # type: ignore[misc]
    """A group of any origin."""

    name = models.TextField(unique=True)
    attributes = models.JSONField(default=dict)

    class Meta:
        app_label = "authentik_core"


class GroupSourceConnection(models.Model):  # type: ignore[misc]
    """By which identifier a source knows a group. It knows none by two."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    identifier = models.TextField()
    group = models.ForeignKey(Group, on_delete=models.CASCADE)

    class Meta:
        app_label = "authentik_core"
        unique_together = (("group", "source"),)


MODELS = (Source, Group, GroupSourceConnection)


class FlowError(Exception):
    """The login ended in a "flow error", after the person was signed in."""


@dataclass
class Directory:
    """Groups, and who is in them: their names by the person."""

    members: dict[str, set[int]] = field(default_factory=dict)

    def source(self, slug: str = "discord", matching: str = "identifier") -> Source:
        source, _ = Source.objects.get_or_create(slug=slug, group_matching_mode=matching)
        assert isinstance(source, Source)
        return source

    def make(self, name: str) -> None:
        """Make a group by hand."""
        Group.objects.create(name=name)

    def groups_of(self, person: str) -> list[str]:
        held = Group.objects.filter(pk__in=self.members.get(person, ()))
        return sorted(held.values_list("name", flat=True))

    def attributes(self, name: str) -> Json:
        attributes: Json = Group.objects.get(name=name).attributes
        return attributes

    def sign_in(self, source: Source, mapping: str, info: Mapping[str, Any]) -> None:
        """Take over the groups of somebody whose claims are ``info``.

        Raises:
            ServerError: a group is an object, or the mapping fails.
            FlowError: a group cannot be written. The person keeps those of the last time.
        """
        try:
            # Identifiers become the keys of a dictionary, and all are mapped before any is written.
            wanted = {one: _properties(source, mapping, one, info) for one in info["groups"]}
        except Exception as error:
            raise ServerError(repr(error)) from error
        try:
            written = {_written(source, one, values) for one, values in wanted.items()}
        except IntegrityError as error:
            raise FlowError(str(error)) from error
        of_source = GroupSourceConnection.objects.filter(source=source).values_list("group_id")
        others = self.members.get(info["sub"], set()) - {pk for (pk,) in of_source}
        self.members[info["sub"]] = others | written


@contextmanager
def directory() -> Iterator[Directory]:
    """Answer an empty one. Until the block ends, ``authentik.core.models`` are its models."""
    package = "authentik.core.models"
    modules = {name: ModuleType(name) for name in ("authentik", "authentik.core", package)}
    for model in MODELS:
        setattr(modules[package], model.__name__, model)
    sys.modules.update(modules)
    with connection.schema_editor() as schema:
        for model in MODELS:
            schema.create_model(model)
    try:
        yield Directory()
    finally:
        with connection.schema_editor() as schema:
            for model in reversed(MODELS):
                schema.delete_model(model)
        for name in modules:
            del sys.modules[name]


# Claims and properties are of any type.
def _properties(source: Source, mapping: str, group_id: str, info: Mapping[str, Any]) -> Json:
    """Evaluate a mapping as Authentik does: as the body of a function, on top of a bare name."""
    scope: dict[str, Any] = {}
    arguments = {"source": source, "group_id": group_id, "info": dict(info), "properties": {}}
    body = indent(mapping or "return {}", "    ")
    exec(f"def handler({', '.join(arguments)}):\n{body}", scope)  # noqa: S102 - ours
    return {"name": group_id, "attributes": {}, **scope["handler"](**arguments)}


def _written(source: Source, identifier: str, properties: Json) -> int:
    """Find or make the group that an identifier leads to, and write its properties."""
    known = GroupSourceConnection.objects.filter(source=source, identifier=identifier).first()
    group = known.group if known is not None else None
    if group is None and source.group_matching_mode == "name_link":
        group = Group.objects.filter(name=properties["name"]).first()
    group = group or Group()
    group.name = properties["name"]
    group.attributes = {**group.attributes, **properties["attributes"]}
    with transaction.atomic():
        group.save()
        if known is None:
            GroupSourceConnection.objects.create(source=source, identifier=identifier, group=group)
    pk: int = group.pk
    return pk
