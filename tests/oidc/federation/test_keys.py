"""Keys that rotate, issuers that go down or lie."""

import asyncio

import pytest

from snowflake.state.client_keys import PAUSE
from snowflake.upstream.jwks import LIFETIME
from snowflake.upstream.jwks import PAUSE as PAUSE_FOR_MISSING
from tests.login import APPLICATION, code_for
from tests.oidc.federation.cases import (
    ANOTHER,
    CLIENT_ID,
    Starting,
    ask,
    is_taken,
    signed,
)
from tests.running import NOW, ORIGIN, Snowflake
from tests.workloads import GITHUB, GITLAB, KUBERNETES, Issuer, Json


async def test_keys_are_found_without_discovery(start: Starting, issuer: Issuer) -> None:
    trust = {
        "issuer": "https://kubernetes.default.svc",
        "jwks_uri": f"{issuer.url}/keys",
        "subject": KUBERNETES["sub"],
    }
    issuer.media_type = "application/jwk-set+json"
    async with start(trust) as snowflake:
        token = issuer.token(KUBERNETES, aud=[ORIGIN], iss="https://kubernetes.default.svc")
        assert await is_taken(snowflake, token)
        assert issuer.documents == 0


async def test_keys_that_rotate_are_fetched_again_and_not_for_everybody(
    snowflake: Snowflake, issuer: Issuer
) -> None:
    assert await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN))
    assert (issuer.documents, issuer.key_sets) == (1, 1)
    issuer.keys = [ANOTHER]
    rotated = issuer.token(GITHUB, ANOTHER, "ES256", aud=ORIGIN)
    assert await is_taken(snowflake, rotated)
    assert issuer.key_sets == 2
    # Whoever makes up names of keys has nothing fetched for a while, however many come. They might
    # be new, and so it is no refusal yet.
    made_up = [issuer.token(GITHUB, header={"kid": str(n)}, aud=ORIGIN) for n in range(50)]
    for answer in await asyncio.gather(*(ask(snowflake, signed(token)) for token in made_up)):
        assert answer.status_code == 503
        assert answer.json()["error"] == "temporarily_unavailable"
        assert 0 < int(answer.headers["retry-after"]) <= PAUSE_FOR_MISSING
    assert issuer.key_sets == 2
    snowflake.clock.pass_by(PAUSE_FOR_MISSING)
    assert not any(await asyncio.gather(*(is_taken(snowflake, token) for token in made_up)))
    assert issuer.key_sets == 3
    # The one that was taken away proves nothing any more.
    assert not await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN))


async def test_a_key_that_rotates_while_somebody_makes_up_names_is_asked_to_come_again(
    snowflake: Snowflake, issuer: Issuer
) -> None:
    made_up = issuer.token(GITHUB, header={"kid": "made up"}, aud=ORIGIN)
    assert not await is_taken(snowflake, made_up)
    issuer.keys = [ANOTHER]
    rotated = issuer.token(GITHUB, ANOTHER, "ES256", aud=ORIGIN)
    answer = await ask(snowflake, signed(rotated))
    assert answer.status_code == 503
    snowflake.clock.pass_by(int(answer.headers["retry-after"]))
    assert await is_taken(snowflake, rotated)


async def test_whoever_makes_up_names_turns_no_refusal_into_another(
    snowflake: Snowflake, issuer: Issuer
) -> None:
    """A key that was looked for in vain is none, whatever is fetched or not fetched since."""
    never = issuer.token(GITHUB, header={"kid": "never published"}, aud=ORIGIN)
    for round_ in range(3):
        # They come first each time, so that it is for them that keys are fetched.
        await ask(snowflake, signed(issuer.token(GITHUB, header={"kid": f"{round_}"}, aud=ORIGIN)))
        answer = await ask(snowflake, signed(never))
        assert answer.status_code == (503 if round_ == 0 else 401)
        snowflake.clock.pass_by(PAUSE_FOR_MISSING)
    assert not await is_taken(snowflake, never)
    assert not await is_taken(snowflake, never)


@pytest.mark.parametrize("kid", [None, "x" * 300])
async def test_what_names_no_key_that_could_be_new_is_refused_at_once(
    snowflake: Snowflake, issuer: Issuer, kid: str | None
) -> None:
    assert not await is_taken(snowflake, issuer.token(GITHUB, header={"kid": "x"}, aud=ORIGIN))
    issuer.keys = [*issuer.keys, ANOTHER]
    token = issuer.token(GITHUB, ANOTHER, "ES256", header={"kid": kid}, aud=ORIGIN)
    assert not await is_taken(snowflake, token)


async def test_an_outage_is_told_as_one_and_asked_about_seldom(
    snowflake: Snowflake, issuer: Issuer
) -> None:
    token = issuer.token(GITHUB, aud=ORIGIN)
    issuer.status = 503
    for answer in await asyncio.gather(*(ask(snowflake, signed(token)) for _ in range(50))):
        assert answer.status_code == 503
        assert answer.json()["error"] == "temporarily_unavailable"
        assert answer.headers["retry-after"]
    assert issuer.documents == 1
    issuer.status = 200
    assert (await ask(snowflake, signed(token))).status_code == 503
    snowflake.clock.pass_by(PAUSE)
    assert await is_taken(snowflake, token)


async def test_an_outage_burns_no_code(snowflake: Snowflake, issuer: Issuer) -> None:
    token = issuer.token(GITHUB, aud=ORIGIN)
    code = await code_for(snowflake.browser, client_id=CLIENT_ID)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": APPLICATION}
    issuer.status = 500
    answer = await snowflake.browser.post("/token", data={**form, **signed(token)})
    assert answer.json()["error"] == "temporarily_unavailable"
    issuer.status = 200
    snowflake.clock.pass_by(PAUSE)
    assert (
        await snowflake.browser.post("/token", data={**form, **signed(token)})
    ).status_code == 200


async def test_known_keys_serve_while_others_cannot_be_fetched(
    snowflake: Snowflake, issuer: Issuer
) -> None:
    token = issuer.token(GITHUB, aud=ORIGIN)
    assert await is_taken(snowflake, token)
    issuer.status = 503
    made_up = issuer.token(GITHUB, header={"kid": "made up"}, aud=ORIGIN)
    # It may be a new one, which nobody can tell now.
    assert (await ask(snowflake, signed(made_up))).status_code == 503
    assert await is_taken(snowflake, token)
    issuer.status = 200
    snowflake.clock.pass_by(PAUSE)
    assert not await is_taken(snowflake, made_up)
    # After an hour they are asked for again, and an outage is one.
    issuer.status = 503
    snowflake.clock.pass_by(LIFETIME)
    fresh = issuer.token(GITHUB, aud=ORIGIN, exp=NOW + 7200)
    assert (await ask(snowflake, signed(fresh))).status_code == 503


async def test_keys_of_another_trust_serve_while_one_cannot_reach_its_own(
    start: Starting, issuer: Issuer
) -> None:
    here = {"issuer": issuer.url, "subject": GITHUB["sub"], "jwks_uri": f"{issuer.url}/keys"}
    gone = {**here, "subject": GITLAB["sub"], "jwks_uri": "http://127.0.0.1:9/jwks"}
    for trusts in ((here, gone), (gone, here)):
        async with start(*trusts) as snowflake:
            assert await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN))
            # Nobody can tell now whether the keys that are gone have signed it.
            of_gone = issuer.token(GITLAB, aud=ORIGIN, iss=issuer.url)
            assert (await ask(snowflake, signed(of_gone))).status_code == 503


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://token.example.com"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": "http://token.example.com/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://user@token.example.com/keys"},
        {"jwks_uri": "http://169.254.169.254/latest/meta-data"},
    ],
    ids=range(7),
)
async def test_an_issuer_that_lies_is_not_believed(
    snowflake: Snowflake, issuer: Issuer, changes: Json
) -> None:
    issuer.document_changes = changes
    answer = await ask(snowflake, signed(issuer.token(GITHUB, aud=ORIGIN)))
    # It is for the operator to mend, and nothing that a client does would.
    assert answer.json()["error"] == "temporarily_unavailable"
    assert issuer.key_sets == 0


async def test_an_issuer_whom_nobody_trusts_is_asked_nothing(
    start: Starting, issuer: Issuer
) -> None:
    async with start({"issuer": "https://token.example.com", "subject": "x"}) as snowflake:
        assert not await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN))
    assert issuer.documents == 0
