"""Asking Discord who somebody is and what they are in which guild, and the memory of that."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import SecretStr

from snowflake.discord.client import DiscordClient
from snowflake.discord.models import Guilds, Member, User
from snowflake.errors import InvalidGrant, TemporarilyUnavailable
from snowflake.oidc.needs import Needs
from snowflake.oidc.unsaid import check_person, members_of
from snowflake.people.person import Person
from snowflake.state import State
from snowflake.state.discord_cache import Remembered
from snowflake.store.discord_tokens import StoredTokens
from snowflake.store.memberships import Membership

Answer = TypeVar("Answer")
#: A call that is about to be made. What may be sent to it or yielded by it is no matter.
Lookup = Coroutine[Any, Any, Answer]
AskGuilds = Callable[[], Lookup[Remembered[Guilds]]]
AskMember = Callable[[str], Lookup[Remembered[Member | None]]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A person as Discord tells of them. ``learnt`` is to be remembered when they are let in."""

    person: Person
    learnt: tuple[Membership, ...] = ()


async def fetch_newcomer(
    needs: Needs, granted: frozenset[str], access_token: SecretStr, state: State
) -> Fetched:
    """Ask Discord for everything that is needed about whoever it is.

    ``granted`` are the scopes that Discord granted: nothing is asked for without them. Discord is
    asked even for what the memory knows: somebody who was refused has perhaps joined the guild
    meanwhile. Only what it fails to tell is taken from there. All calls go side by side, but for
    those of the bot, which has to know first who it is.

    Raises:
        InvalidGrant: Discord no longer accepts the token.
        TemporarilyUnavailable: Discord gave no usable answer, or left unsaid what is needed.
    """
    needs = needs.within(granted)
    asked_at, discord, memory = state.clock(), state.discord, state.memory
    user = asyncio.ensure_future(discord.user(access_token))
    # One after the other is slower, but a request that is refused would be worse.
    person = (await user).id if _may_be_limited(needs, state.discord) else None

    async def ask_guilds() -> Remembered[Guilds]:
        heard = await _heard(discord.guilds(access_token, person))
        return await memory.guilds_heard((await user).id, heard, asked_at, needs.oldest)

    async def ask_member(guild: str) -> Remembered[Member | None]:
        ask = (
            discord.bot.member(guild, (await user).id)
            if needs.by_bot
            else discord.member(guild, access_token, person)
        )
        heard, known = await _heard(ask), (await user).id
        return await memory.member_heard(
            guild, known, heard, asked_at, needs.oldest, by_bot=needs.by_bot
        )

    return await _fetched(needs, user, ask_guilds, ask_member, state)


async def fetch_known(
    needs: Needs, tokens: StoredTokens, state: State, *, account: Remembered[User] | None = None
) -> Fetched:
    """Ask for everything that is needed about the person to whom Discord's tokens belong.

    What is fresh in the memory is taken from there, unless a gate depends on it; who they are is
    not asked where the ``account`` is known. Else as ``fetch_newcomer``.
    """
    needs = needs.within(tokens.scopes)
    person, access_token, memory = tokens.person, tokens.access_token, state.memory

    def ask_guilds() -> Lookup[Remembered[Guilds]]:
        return memory.guilds(person, access_token, needs.oldest, anew=needs.gated)

    def ask_member(guild: str) -> Lookup[Remembered[Member | None]]:
        if needs.by_bot:
            return memory.bot_member(guild, person, needs.oldest, anew=needs.gated)
        # Discord limits it too hard to ask each time.
        return memory.member(guild, person, access_token, needs.oldest)

    async def ask_user() -> User:
        return account.answer if account else await state.discord.user(access_token, person)

    user = asyncio.ensure_future(ask_user())
    fetched = await _fetched(needs, user, ask_guilds, ask_member, state)
    if account is None:
        return fetched
    oldest = max(fetched.person.age, account.age)
    return replace(fetched, person=replace(fetched.person, age=oldest))


async def _fetched(
    needs: Needs,
    user_task: asyncio.Task[User],
    ask_guilds: AskGuilds,
    ask_member: AskMember,
    state: State,
) -> Fetched:
    memory = state.memory
    guilds_task = asyncio.ensure_future(ask_guilds()) if needs.guilds else None
    names_task = asyncio.ensure_future(memory.bot_guilds()) if needs.guild_names else None
    members_tasks = {
        guild: asyncio.ensure_future(_or_nothing(ask_member(guild), guild in needs.may_lack))
        for guild in needs.members
    }
    roles_tasks = {guild: asyncio.ensure_future(memory.roles(guild)) for guild in needs.roles}
    maybe = (task for task in (guilds_task, names_task) if task is not None)
    await _all_of(user_task, *maybe, *members_tasks.values(), *roles_tasks.values())

    user = user_task.result()
    nowhere = Remembered(Guilds(known=()), 0)
    guilds = guilds_task.result() if guilds_task is not None else nowhere
    named = names_task.result().answer if names_task is not None else []
    members = {
        guild: member
        for guild, task in members_tasks.items()
        if (member := task.result()) is not None
    }
    check_person(user, needs)
    trusted = user.verified or state.settings.include_unverified_email
    person = Person(
        user,
        guilds=guilds.answer.known,
        guilds_are_all=guilds.answer.are_all,
        members=members_of({guild: one.answer for guild, one in members.items()}, needs),
        roles={guild: tuple(task.result().answer) for guild, task in roles_tasks.items()},
        guild_names={guild.id: guild.name for guild in named if guild.id in needs.guild_names},
        email=user.email if trusted else None,
        age=max(
            guilds.age,
            *(member.age for guild, member in members.items() if guild not in needs.may_lack),
            0,
        ),
    )
    learnt = (guilds.learnt, *(member.learnt for member in members.values()))
    return Fetched(person, tuple(one for one in learnt if one is not None))


def _may_be_limited(needs: Needs, discord: DiscordClient) -> bool:
    """Whether Discord would perhaps refuse to answer about somebody who is not known yet."""
    limited = discord.may_be_limited
    if needs.guilds and limited("guilds"):
        return True
    return bool(needs.members) and not needs.by_bot and limited("member")


async def _heard(ask: Lookup[Answer]) -> Answer | TemporarilyUnavailable:
    try:
        return await ask
    except TemporarilyUnavailable as outage:
        return outage


async def _or_nothing(ask: Lookup[Answer], may_lack: bool) -> Answer | None:
    """Look up what a login may do without."""
    try:
        return await ask
    except TemporarilyUnavailable:
        if not may_lack:
            raise
        return None


async def _all_of(*tasks: asyncio.Task[Any]) -> None:
    """Wait for all, so that nothing goes on behind a request that has failed; raise what failed."""
    await asyncio.gather(*tasks, return_exceptions=True)
    # That Discord refuses the token says more than that it fails beside that.
    failed = sorted(tasks, key=lambda task: not isinstance(task.exception(), InvalidGrant))
    for task in failed:
        task.result()
