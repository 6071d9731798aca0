"""What Authentik evaluates for us at each login: bodies of Python functions.

``info`` are the claims. An exception is an error 500, and nobody gets in.
"""

from typing import Final

#: What an account gets. What Discord does not tell stays as it is.
ATTRIBUTES: Final = """\
attributes = {"discord": info.get("discord"), "avatar": info.get("picture")}
return {"attributes": {name: value for name, value in attributes.items() if value}}
"""
#: What is written of the group that ``group_id``, one of ``groups``, leads to. All are evaluated
#: before any is written.
#:
#: Names are unique in Authentik. One that another group has would end the login when the person is
#: signed in already, with the groups of the last time: whoever calls a role like a group would keep
#: everybody in the roles that they have lost. So a name that is taken gets the ID beside it. Where
#: groups are matched by name, it is meant to be taken.
_GROUPS: Final = """\
from authentik.core.models import Group, GroupSourceConnection

names = info.get("group_names") or {{}}
name = {prefix!r} + names.get(group_id, group_id)
if source.group_matching_mode == "identifier":
    mine = GroupSourceConnection.objects.filter(source=source, identifier=group_id)
    others = Group.objects.exclude(pk__in=mine.values("group"))
    choices = [f"{{name}} ({{group_id if group_id in names else source.slug}})", group_id]
    if list(names.values()).count(names.get(group_id)) < 2:
        choices.insert(0, name)
    taken = set(others.filter(name__in=choices).values_list("name", flat=True))
    name = next((choice for choice in choices if choice not in taken), group_id)
attributes = {{}}
if group_id in names:
    is_guild = group_id in (info.get("group_guilds") or [])
    attributes["discord_guild_id" if is_guild else "discord_role_id"] = group_id
return {{"name": name, "attributes": attributes}}
"""


def groups(prefix: str) -> str:
    """Answer the mapping of groups whose names begin with ``prefix`` in Authentik."""
    return _GROUPS.format(prefix=prefix)
