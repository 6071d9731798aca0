"""How guilds and roles are called in the claims ``groups`` and ``group_names``.

Applications give rights by these strings, and names are in no safe hands: anybody can make a guild
of any name, and whoever manages roles calls one as they like. So a name stands only where nothing
else is meant by it. Else the ID stands in its place, which nobody can choose:

- of a guild that is not one of the table's, if there are any;
- where it is the fixed name of something else, or looks like it;
- where several of the guilds and roles that can be groups would have it;
- where it reads as an ID.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cached_property

from snowflake.people.groups.spelling import alike, reads_as_id, separators, without
from snowflake.people.groups.things import Thing
from snowflake.people.person import Person
from snowflake.people.visible import cleaned
from snowflake.settings.tables.groups import GroupsTable


class Names:
    """The names of everything that may be a group of one person."""

    def __init__(self, person: Person, table: GroupsTable) -> None:
        self._person, self._table = person, table
        self._roles = {
            role.id: role for guild in table.guilds for role in person.roles.get(guild, ())
        }
        self._fixed = {alike(name) for name in table.names.values()}
        # Where a guild's name stands beside a role's, neither may hold what separates them: role
        # "C" of guild "A:B" is not role "B:C" of guild "A".
        self._separators = separators(table.role_name) if "roles" in table.include else ""

    def of(self, thing: Thing) -> str | None:
        """Answer how a guild or role is written; None if it is not to be a group."""
        table = self._table
        fixed = table.names.get(thing.id)
        if fixed is not None:
            return fixed
        if table.only_named or self._is_unwanted(thing):
            return None
        if table.shape == "id" and not table.names_claim:
            return self._by_id(thing)
        if thing.is_role and thing.id not in self._roles:
            # Nobody knows what it is called: it is new or has just been deleted, or there is no
            # bot. Its ID says enough where names only go with it.
            return self._by_id(thing) if table.names_claim else None
        name = self._by_template(thing)
        return name if self._stands(name, thing) else self._by_id(thing)

    def _is_unwanted(self, thing: Thing) -> bool:
        role = self._roles.get(thing.id) if thing.is_role else None
        # Nor one of which it is not known: whoever gave it may have been no person.
        is_wanted = role is None or role.managed is False or self._table.managed
        return not is_wanted

    def _by_id(self, thing: Thing) -> str | None:
        name = self._table.prefix + thing.id
        # The operator has called something by this ID that is something else.
        return None if alike(name) in self._fixed else name

    def _by_template(self, thing: Thing) -> str:
        table = self._table
        guild, role = self._guild_name(thing.guild), ""
        if thing.is_role:
            role = self._spelt(self._roles[thing.id].name, thing.id)
        template = table.role_name if thing.is_role else table.guild_name
        fields = {"guild": guild, "guild_id": thing.guild, "role": role}
        return table.prefix + template.format(**fields, role_id=thing.id if thing.is_role else "")

    def _stands(self, name: str, thing: Thing) -> bool:
        looks = alike(name)
        bare = name.removeprefix(self._table.prefix)
        if not bare or looks in self._fixed or (reads_as_id(bare) and bare != thing.id):
            return False
        return self._meanings[looks] <= 1

    @cached_property
    def _meanings(self) -> Counter[str]:
        """How many things each name would mean, as it looks."""
        named = (thing for thing in self._candidates() if thing.id not in self._table.names)
        return Counter(
            alike(self._by_template(thing)) for thing in named if not self._is_unwanted(thing)
        )

    def _candidates(self) -> Iterator[Thing]:
        """Answer all that could be called by its name, whether the person has it or not."""
        table, person = self._table, self._person
        if "guilds" in table.include:
            for guild in {*table.guilds, *(guild.id for guild in person.guilds)}:
                yield Thing(guild, guild)
        if "roles" in table.include:
            for guild in table.guilds:
                for role in {role.id for role in person.roles.get(guild, ())}:
                    if role != guild or table.everyone:
                        yield Thing(role, guild, is_role=True)

    def _guild_name(self, guild: str) -> str:
        listed = self._table.guilds
        if listed and guild not in listed:
            return guild
        return self._spelt(self._guild_names.get(guild, ""), guild)

    @cached_property
    def _guild_names(self) -> dict[str, str]:
        # What the bot says is the same for everybody.
        own = {guild.id: guild.name for guild in self._person.guilds}
        return {**own, **self._person.guild_names}

    def _spelt(self, name: str, id_: str) -> str:
        name = without(self._separators, cleaned(name))
        return id_ if not alike(name) or reads_as_id(name) else name
