"""Discord's limits, as a client meets them."""

import asyncio
from collections.abc import Callable

import httpx
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr

from snowflake.concurrency.deadline import deadline
from snowflake.discord.buckets import DEFAULT_RETRY_AFTER, MARGIN, MAX_RETRY_AFTER, PLENTY
from snowflake.discord.client import DEADLINE, DiscordClient
from snowflake.discord.rate_limits import (
    AT_ONCE,
    LONGEST_GUESS,
    MAX_TOKENS,
    SWEEP_EVERY,
    Place,
    RateLimits,
)
from snowflake.errors import TemporarilyUnavailable
from snowflake.outbound.answer import Answer
from tests.clocks import Times, settle
from tests.discord.calls import (
    CALLS,
    CLIENT_ID,
    GUILD,
    MEMBER,
    ONCE,
    TOKEN,
    Call,
    counted,
    exchange,
    limited,
    page,
    route_of,
    whole,
)
from tests.discord.conftest import REPOSITORY
from tests.running import DISCORD_API, GUILDS, TOKENS, USER, Discord

PERSON = str(USER["id"])
OTHER = SecretStr("another-access-token")
#: An answer that says nothing of limits.
NOTHING = httpx.Response(200, json={})
every_call = pytest.mark.parametrize("name", CALLS)


async def visit(limits: RateLimits, place: Place, response: httpx.Response = NOTHING) -> None:
    """Ask in one place, and be answered."""

    async def answer() -> Answer:
        return whole(response)

    await limits.within(place, 10, answer)


def bucket(size: int, seconds: float, times: Times) -> Callable[[httpx.Request], httpx.Response]:
    """Answer as Discord does that fills a bucket every so many seconds, and refuses below zero."""
    state = {"used": 0, "full_at": 0.0, "refused": 0}

    def answer(_: httpx.Request) -> httpx.Response:
        if times.now >= state["full_at"]:
            state.update(used=0, full_at=times.now + seconds)
        state["used"] += 1
        assert state["used"] <= size, "somebody asked into an empty bucket"
        reset_after = state["full_at"] - times.now
        return counted(USER, size - int(state["used"]), reset_after, state["full_at"])

    return answer


class Together(Times):
    """Time that passes once for all who sleep at the same time."""

    async def sleep(self, seconds: float) -> None:
        end = self.now + seconds
        self.slept.append(seconds)
        await settle()
        self.now = max(self.now, end)


class Held:
    """Answers that wait until they are let go."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.asked = 0
        self.go = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        self.response.request = request
        await self.go.wait()
        return self.response


async def wait_of(client: DiscordClient, name: str = "user") -> int:
    with pytest.raises(TemporarilyUnavailable) as refused:
        await CALLS[name](client)
    return refused.value.retry_after


async def test_an_empty_bucket_is_waited_for_if_there_is_time(
    client: DiscordClient, discord: Discord, times: Times
) -> None:
    discord.user.mock(side_effect=[counted(USER, 0, 2.5), counted(USER, 0, 2.5)])
    await client.user(TOKEN)
    await client.user(TOKEN)
    assert times.slept == [pytest.approx(2.5 + MARGIN)]


async def test_without_the_time_nobody_asks_and_everybody_learns_when_to_come_back(
    client: DiscordClient, discord: Discord, times: Times
) -> None:
    discord.user.mock(return_value=counted(USER, 0, 41.2))
    await client.user(TOKEN)
    assert await wait_of(client) == 42
    times.now += 40
    with deadline(1, times.clocks.now):
        assert await wait_of(client) == 2
    assert discord.user.call_count == 1
    assert times.slept == []


async def test_many_at_once_never_ask_into_an_empty_bucket(
    client: DiscordClient, discord: Discord, times: Times
) -> None:
    discord.user.mock(side_effect=bucket(3, 1.0, times))
    tokens = [SecretStr(f"token {number}") for number in range(20)]
    await asyncio.gather(*(client.user(token, PERSON) for token in tokens))
    assert discord.user.call_count == 20


async def test_while_nobody_knows_one_request_finds_out(
    client: DiscordClient, discord: Discord
) -> None:
    held = Held(counted(USER, 4, 60))
    discord.user.mock(side_effect=held)
    tokens = [SecretStr(f"token {number}") for number in range(4)]
    calls = [asyncio.create_task(client.user(token, PERSON)) for token in tokens]
    await settle()
    assert held.asked == 1
    held.go.set()
    await asyncio.gather(*calls)
    assert discord.user.call_count == 4


async def test_who_waits_for_what_another_finds_out_waits_no_longer_than_they_can(
    client: DiscordClient, discord: Discord, times: Times
) -> None:
    held = Held(counted(USER, 4, 60))
    discord.user.mock(side_effect=held)
    first = asyncio.create_task(client.user(TOKEN, PERSON))
    await settle()
    with pytest.raises(TemporarilyUnavailable), deadline(0, times.clocks.now):
        await client.user(OTHER, PERSON)
    held.go.set()
    await first


async def test_people_do_not_wait_for_each_other(client: DiscordClient, discord: Discord) -> None:
    discord.user.mock(return_value=counted(USER, 0, 60))
    await client.user(TOKEN, "1")
    await client.user(OTHER, "2")
    with pytest.raises(TemporarilyUnavailable):
        await client.user(TOKEN, "1")


async def test_routes_that_discord_counts_together_are_one_bucket(
    client: DiscordClient, discord: Discord
) -> None:
    discord.user.mock(return_value=counted(USER, 1, 60, bucket="same"))
    discord.guilds.mock(return_value=counted(GUILDS, 0, 60, bucket="same"))
    await client.user(TOKEN)
    await client.guilds(TOKEN)
    assert await wait_of(client) == 61


async def test_a_member_is_counted_for_each_guild(client: DiscordClient, discord: Discord) -> None:
    route_of(discord, "member").mock(return_value=counted(MEMBER, 0, 300))
    another = discord.router.get(f"{DISCORD_API}/users/@me/guilds/1/member")
    another.mock(return_value=counted(MEMBER, 4, 300))
    await client.member(GUILD, TOKEN, PERSON)
    await client.member("1", TOKEN, PERSON)
    with pytest.raises(TemporarilyUnavailable):
        await client.member(GUILD, TOKEN, PERSON)


async def test_what_a_token_has_shown_is_known_of_its_person(
    client: DiscordClient, discord: Discord
) -> None:
    discord.guilds.mock(return_value=counted(GUILDS, 0, 60))
    await client.guilds(TOKEN)
    assert client.may_be_limited("guilds")
    assert not client.may_be_limited("user")
    await client.user(TOKEN)
    with pytest.raises(TemporarilyUnavailable):
        await client.guilds(OTHER, PERSON)
    # And the other way round.
    await client.user(OTHER)
    with pytest.raises(TemporarilyUnavailable):
        await client.guilds(OTHER)
    assert discord.guilds.call_count == 1


async def test_a_lookup_under_way_counts_for_its_person_as_soon_as_they_are_known(
    client: DiscordClient, discord: Discord
) -> None:
    held = Held(counted(GUILDS, 0, 60))
    discord.guilds.mock(side_effect=held)
    first = asyncio.create_task(client.guilds(TOKEN))
    await settle()
    second = asyncio.create_task(client.guilds(OTHER, PERSON))
    third = asyncio.create_task(client.guilds(SecretStr("third"), PERSON))
    await settle()
    # The person is asked about by token and by name at once: two, before anybody could know.
    assert held.asked == 2
    await client.user(TOKEN)
    held.go.set()
    await asyncio.gather(first, second)
    with pytest.raises(TemporarilyUnavailable):
        await third
    assert held.asked == 2


@every_call
async def test_a_429_is_waited_out_if_there_is_time(
    client: DiscordClient, discord: Discord, name: str, times: Times
) -> None:
    route = route_of(discord, name)
    good = route.return_value
    assert good is not None
    route.mock(side_effect=[limited(1.5), good])
    await CALLS[name](client)
    assert times.slept == [1.5]


@every_call
@pytest.mark.parametrize("scope", ["user", "global", "shared"])
async def test_a_429_that_takes_too_long_is_passed_on(
    client: DiscordClient, discord: Discord, name: str, scope: str, times: Times
) -> None:
    route = route_of(discord, name).mock(return_value=limited(41.2, scope))
    assert [await wait_of(client, name) for _ in range(3)] == [42] * 3
    assert route.call_count == 1
    assert times.slept == []


async def test_a_limit_that_goes_on_ends_the_tries(client: DiscordClient, discord: Discord) -> None:
    discord.token.mock(return_value=limited(0.5))
    assert await wait_of(client, "token") == 1
    assert discord.token.call_count == 3


async def test_a_limit_of_the_token_endpoint_is_one_client_s(
    client: DiscordClient, discord: Discord
) -> None:
    discord.token.mock(side_effect=[limited(60), httpx.Response(200, json=dict(TOKENS))])
    await wait_of(client, "token")
    await wait_of(client, "refresh")
    await client.oauth.exchange_code(
        client_id="2", client_secret=None, code="c", redirect_uri="r", code_verifier="v"
    )


async def test_many_exchanges_that_are_all_refused_are_few_requests(discord: Discord) -> None:
    times = Together()
    discord.token.mock(side_effect=lambda _: limited(1))
    async with DiscordClient.open(DISCORD_API, REPOSITORY, clocks=times.clocks) as client:
        ends = await asyncio.gather(*(exchange(client) for _ in range(300)), return_exceptions=True)
    assert {type(end) for end in ends} == {TemporarilyUnavailable}
    # Some before anybody knew, and one for each second that there was.
    assert discord.token.call_count <= AT_ONCE + DEADLINE


@pytest.mark.parametrize(
    ("refusal", "others"),
    [
        (limited(1), [exchange, exchange]),
        (limited(1, "global"), [exchange, CALLS["member"]]),
        (page(429, **{"retry-after": "1"}), [exchange, CALLS["member"]]),
    ],
    ids=["token", "global", "cloudflare"],
)
@pytest.mark.parametrize("status", [200, 400])
async def test_after_a_refusal_one_goes_first_until_there_is_an_answer(
    discord: Discord,
    refusal: httpx.Response,
    others: list[Call],
    status: int,
) -> None:
    times = Together()
    held = Held(httpx.Response(status, json={"error": "invalid_grant", **TOKENS}))
    member = route_of(discord, "member")
    async with DiscordClient.open(DISCORD_API, REPOSITORY, clocks=times.clocks) as client:
        discord.token.mock(return_value=refusal)
        with deadline(1, times.clocks.now), pytest.raises(TemporarilyUnavailable):
            await exchange(client)
        times.now += 1 + SWEEP_EVERY
        # An answer that tells nothing lets the next one go.
        discord.token.mock(return_value=page(500))
        with pytest.raises(TemporarilyUnavailable):
            await exchange(client)
        discord.token.mock(side_effect=held)
        first = asyncio.ensure_future(exchange(client))
        await settle()
        late = [asyncio.ensure_future(call(client)) for call in others]
        await settle()
        assert (held.asked, member.call_count) == (1, 0)
        held.go.set()
        await asyncio.gather(first, *late, return_exceptions=True)
    assert held.asked + member.call_count == 1 + len(others)


async def test_only_so_many_of_a_place_are_under_way(
    client: DiscordClient, discord: Discord, times: Times
) -> None:
    held = Held(httpx.Response(200, json=dict(TOKENS)))
    discord.token.mock(side_effect=held)
    calls = [asyncio.ensure_future(exchange(client)) for _ in range(AT_ONCE + 5)]
    await settle()
    assert held.asked == AT_ONCE
    with deadline(0, times.clocks.now), pytest.raises(TemporarilyUnavailable):
        await exchange(client)
    held.go.set()
    await asyncio.gather(*calls)
    assert held.asked == AT_ONCE + 5


async def test_exchanges_do_not_wait_for_each_other(
    client: DiscordClient, discord: Discord
) -> None:
    held = Held(httpx.Response(200, json=dict(TOKENS)))
    discord.token.mock(side_effect=held)
    calls = [asyncio.ensure_future(exchange(client)) for _ in range(8)]
    await settle()
    assert held.asked == 8
    held.go.set()
    await asyncio.gather(*calls)


@pytest.mark.parametrize(
    "refusal",
    [
        limited(60, "global"),
        limited(60, is_global=True),
        page(429, "error code: 1015", **{"retry-after": "60"}),
    ],
    ids=["scope", "field", "cloudflare"],
)
async def test_a_global_limit_stops_everything(
    client: DiscordClient, discord: Discord, refusal: httpx.Response, times: Times
) -> None:
    discord.token.mock(return_value=refusal)
    assert await wait_of(client, "token") == 60
    assert [await wait_of(client, name) for name in CALLS] == [60] * len(CALLS)
    assert len(discord.calls) == 1
    times.now += 60
    await client.user(TOKEN)


async def test_a_limit_of_the_address_without_a_time_is_longer_each_time(
    client: DiscordClient, discord: Discord, times: Times
) -> None:
    refusal = page(429, "error code: 1015")
    discord.user.mock(return_value=refusal)
    waits = []
    for _ in range(9):
        with deadline(1, times.clocks.now):
            waits.append(await wait_of(client))
        times.now += waits[-1]
    first = [DEFAULT_RETRY_AFTER * 2**number for number in range(6)]
    assert waits == [*first, LONGEST_GUESS, LONGEST_GUESS, LONGEST_GUESS]
    await client.guilds(TOKEN)
    with deadline(1, times.clocks.now):
        assert await wait_of(client) == DEFAULT_RETRY_AFTER


async def test_requests_that_were_refused_together_tell_one_thing(
    client: DiscordClient, discord: Discord, times: Times
) -> None:
    held = Held(page(429, "error code: 1015"))
    discord.user.mock(side_effect=held)
    with deadline(1, times.clocks.now):
        calls = [
            asyncio.create_task(client.user(SecretStr(f"token{number}"))) for number in range(5)
        ]
    await settle()
    assert held.asked == 5
    held.go.set()
    ends = await asyncio.gather(*calls, return_exceptions=True)
    waits = [end.retry_after for end in ends if isinstance(end, TemporarilyUnavailable)]
    assert waits == [DEFAULT_RETRY_AFTER] * 5


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("13", 13),
        ("13.2", 14),
        ("999999", MAX_RETRY_AFTER),
        ("0", DEFAULT_RETRY_AFTER),
        ("-5", DEFAULT_RETRY_AFTER),
        ("inf", DEFAULT_RETRY_AFTER),
        ("nan", DEFAULT_RETRY_AFTER),
        ("Wed, 21 Oct 2026 07:28:00 GMT", DEFAULT_RETRY_AFTER),
        ("", DEFAULT_RETRY_AFTER),
        (None, DEFAULT_RETRY_AFTER),
    ],
)
@pytest.mark.parametrize("body", ["error code: 1015", '{"message": "slow"}', '{"retry_after": {}}'])
async def test_a_refusal_says_when_to_come_back(
    client: DiscordClient, discord: Discord, header: str | None, seconds: int, body: str
) -> None:
    headers = {} if header is None else {"Retry-After": header}
    discord.user.respond(429, text=body, headers=headers)
    with deadline(1, client._requests._clocks.now):
        assert await wait_of(client) == seconds


@pytest.mark.parametrize("nonsense", ["NaN", "-3", "Infinity", '"soon"', "null"])
async def test_a_field_that_is_no_time_is_passed_over(
    client: DiscordClient, discord: Discord, nonsense: str, times: Times
) -> None:
    body = f'{{"message": "slow", "retry_after": {nonsense}, "global": false}}'
    discord.user.respond(429, text=body, headers={"retry-after": "7", "x-ratelimit-scope": "user"})
    with deadline(1, times.clocks.now):
        assert await wait_of(client) == 7


@pytest.mark.parametrize("header", ["x-ratelimit-remaining", "x-ratelimit-reset-after"])
@pytest.mark.parametrize("nonsense", ["", "many", "nan", "-1", "inf"])
async def test_headers_that_make_no_sense_limit_nobody(
    client: DiscordClient, discord: Discord, header: str, nonsense: str
) -> None:
    answer = counted(USER, 0, 60)
    answer.headers[header] = nonsense
    discord.user.mock(return_value=answer)
    await client.user(TOKEN)
    await client.user(TOKEN)


async def test_answers_that_overtake_each_other_make_no_room(
    client: DiscordClient, discord: Discord, times: Times
) -> None:
    order: list[asyncio.Future[httpx.Response]] = []

    async def answer(_: httpx.Request) -> httpx.Response:
        order.append(asyncio.get_running_loop().create_future())
        return await order[-1]

    discord.user.mock(return_value=counted(USER, 3, 60, 500.0))
    await client.user(TOKEN, PERSON)
    discord.user.mock(side_effect=answer)
    calls = [
        asyncio.create_task(client.user(SecretStr(f"t{number}"), PERSON)) for number in range(3)
    ]
    await settle()
    assert len(order) == 3
    for number, remaining in ((2, 0), (0, 2), (1, 1)):
        order[number].set_result(counted(USER, remaining, 60, 500.1))
        await settle()
    await asyncio.gather(*calls)
    assert await wait_of_person(client) == 61


async def wait_of_person(client: DiscordClient) -> int:
    with pytest.raises(TemporarilyUnavailable) as refused:
        await client.user(TOKEN, PERSON)
    return refused.value.retry_after


async def test_an_answer_of_the_last_filling_changes_nothing_and_one_of_the_next_does(
    client: DiscordClient, discord: Discord
) -> None:
    answers = [
        counted(USER, 1, 60, 500.0),
        counted(USER, 3, 60, 400.0),  # from before
        counted(USER, 4, 60, 600.0),
    ]
    discord.user.mock(side_effect=answers)
    await client.user(TOKEN)
    await client.user(TOKEN)
    await client.user(TOKEN)
    discord.user.mock(return_value=counted(USER, 0, 60, 600.0))
    await client.user(TOKEN)
    assert await wait_of(client) == 61


async def test_a_request_without_an_answer_may_have_been_counted(
    client: DiscordClient, discord: Discord
) -> None:
    discord.user.mock(
        side_effect=[counted(USER, 1, 60), httpx.ReadError("reset"), counted(USER, 1, 60)]
    )
    await client.user(TOKEN)
    # The second try would have to wait for longer than there is time.
    assert await wait_of(client) in {60, 61}
    assert discord.user.call_count == 2


async def test_a_bucket_that_is_full_again_is_forgotten(times: Times) -> None:
    limits = RateLimits(times.clocks)
    for number in range(50):
        place = Place("user", "", str(number))
        await visit(limits, place, counted(USER, 3, 60))
    assert len(limits._buckets) == 50
    times.now += 60 + SWEEP_EVERY
    await visit(limits, Place("token", CLIENT_ID, ""))
    assert limits._buckets == {}


@pytest.mark.parametrize(("left", "kept"), [(PLENTY - 1, 1), (PLENTY, 0)])
async def test_a_bucket_with_plenty_left_is_forgotten(times: Times, left: int, kept: int) -> None:
    limits = RateLimits(times.clocks)
    await visit(limits, Place("user", "", PERSON), counted(USER, left, 60))
    assert len(limits._buckets) == kept


async def test_people_whose_bucket_is_not_full_yet_are_kept(times: Times) -> None:
    limits = RateLimits(times.clocks)
    for route in ("user", "guilds"):
        reset_after = 30 if route == "user" else 90
        answer = counted(USER, 0, reset_after, bucket=route)
        await visit(limits, Place(route, "", PERSON), answer)
    times.now += 31
    await visit(limits, Place("user", "", "2"))
    assert [len(buckets) for buckets in limits._buckets.values()] == [1]
    with pytest.raises(TemporarilyUnavailable):
        await visit(limits, Place("guilds", "", PERSON))


async def test_where_discord_counts_nothing_nothing_is_kept(times: Times) -> None:
    limits = RateLimits(times.clocks)
    for number in range(50):
        await visit(limits, Place("token", str(number), ""))
    assert limits._buckets == {}


async def test_only_so_many_tokens_are_remembered(times: Times) -> None:
    limits = RateLimits(times.clocks)
    for number in range(MAX_TOKENS + 10):
        limits.belongs(f"token {number}", "1")
    assert len(limits._persons) == MAX_TOKENS


async def test_whose_token_it_was_may_be_forgotten_while_discord_is_asked(times: Times) -> None:
    limits = RateLimits(times.clocks)

    async def answer() -> Answer:
        limits.belongs("token", "1")
        for number in range(MAX_TOKENS):
            limits.belongs(f"token {number}", "1")
        return whole(NOTHING)

    await limits.within(Place("user", "", "token"), 10, answer)
    times.now += SWEEP_EVERY
    await visit(limits, Place("token", CLIENT_ID, ""))
    assert limits._buckets == {}


async def test_what_was_waited_is_measured(
    client: DiscordClient, discord: Discord, times: Times
) -> None:
    def waited() -> float:
        name, labels = "snowflake_discord_wait_seconds_sum", {"route": "guilds"}
        return REGISTRY.get_sample_value(name, labels) or 0.0

    before = waited()
    discord.guilds.mock(return_value=counted(GUILDS, 0, 2))
    await client.guilds(TOKEN)
    await client.guilds(TOKEN)
    assert waited() - before == pytest.approx(2 + MARGIN)


@pytest.mark.parametrize("name", ONCE)
async def test_a_429_does_not_spend_a_grant(
    client: DiscordClient, discord: Discord, name: str
) -> None:
    discord.token.mock(side_effect=[limited(1), httpx.Response(200, json=dict(TOKENS))])
    await CALLS[name](client)
    sent = {call.request.content for call in discord.calls}
    assert len(sent) == 1
