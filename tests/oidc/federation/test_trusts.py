"""Which tokens of an issuer count: audience, subject and claims."""

import pytest
from joserfc.jwk import OKPKey

from snowflake.sandbox.serving import serving
from tests.oidc.federation.cases import (
    CLIENT_ID,
    Starting,
    is_taken,
    trusting,
)
from tests.oidc.signed_in import WIKI
from tests.running import NOW, ORIGIN, Snowflake
from tests.workloads import AUTHENTIK, GITHUB, GITLAB, KEYCLOAK, KUBERNETES, Issuer, Json

ED25519 = OKPKey.generate_key("Ed25519")
MAIN = {"claims": "repository_owner_id == '65' && ref == 'refs/heads/main'"}


@pytest.mark.parametrize(
    ("subject", "taken"),
    [
        ("regex:repo:octo-org/octo-repo:environment:(prod|test)", True),
        ("regex:^repo:octo-org/.*$", True),
        ("regex:repo:octo-org/octo-repo", False),
        ("regex:octo-org/octo-repo:environment:prod", False),
        ("regex:x|repo", False),
        ("regex:.*", True),
    ],
)
async def test_a_pattern_is_for_the_whole_subject(
    start: Starting, issuer: Issuer, subject: str, *, taken: bool
) -> None:
    async with start({"issuer": issuer.url, "subject": subject}) as snowflake:
        assert await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN)) is taken
        # RE2 reads bytes, in which not every text can be put.
        for sub in ("\u00e4", "\ud800", ""):
            token = issuer.token({**GITHUB, "sub": sub}, aud=ORIGIN)
            assert not await is_taken(snowflake, token)


@pytest.mark.parametrize(
    ("claims", "taken"),
    [
        ("ref == 'refs/heads/main'", True),
        ("ref == 'refs/heads/main' && repository_id == '74'", True),
        ("contains(['push', 'workflow_dispatch'], event_name)", True),
        ("starts_with(job_workflow_ref, 'octo-org/octo-automation/')", True),
        # Only what is true is true: not what is there, and not a word that says so.
        ("ref", False),
        ("`1`", False),
        ("'true'", False),
        ("[`true`]", False),
        ("missing", False),
        ("ref == 'refs/heads/other'", False),
        ("contains(missing, 'x')", False),
        ("join('', [@,@,@,@][])", False),
        (f"length(join('', {'[@,@][]|' * 40}[].sub)) > `1`", False),
    ],
    ids=range(13),
)
async def test_claims_have_to_come_to_true(
    start: Starting, issuer: Issuer, claims: str, *, taken: bool
) -> None:
    async with start({"issuer": issuer.url, "claims": claims}) as snowflake:
        assert await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN)) is taken


@pytest.mark.parametrize("sub", [None, "", 7, ["x"], {"x": 1}, "x" * 1001, "a\nb", "\u202e"])
async def test_a_subject_is_needed_whatever_is_demanded_of_it(
    start: Starting, issuer: Issuer, sub: object
) -> None:
    async with start({"issuer": issuer.url, "claims": "ref == 'refs/heads/main'"}) as snowflake:
        assert await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN))
        assert not await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN, sub=sub))


async def test_any_of_several_trusts_will_do(start: Starting, issuer: Issuer) -> None:
    other = Issuer(now=NOW)
    other.keys = [ED25519]
    with serving(other.app) as other.url:
        trusts = (
            {"issuer": issuer.url, "subject": GITHUB["sub"]},
            {"issuer": issuer.url, "subject": GITLAB["sub"], "audience": "gitlab"},
            {"issuer": other.url, "subject": KUBERNETES["sub"]},
        )
        async with start(*trusts) as snowflake:
            assert await is_taken(snowflake, issuer.token(GITHUB, aud=ORIGIN))
            assert await is_taken(snowflake, issuer.token(GITLAB, aud="gitlab"))
            assert await is_taken(
                snowflake, other.token(KUBERNETES, ED25519, "EdDSA", aud=[ORIGIN])
            )
            # No mixture of two of them.
            assert not await is_taken(snowflake, issuer.token(GITHUB, aud="gitlab"))
            assert not await is_taken(snowflake, issuer.token(GITLAB, aud=ORIGIN))
            # Nor one who signs in the name of the other.
            in_name = other.token(GITHUB, ED25519, "EdDSA", aud=ORIGIN, iss=issuer.url)
            assert not await is_taken(snowflake, in_name)


async def test_a_client_with_an_issuer_to_itself_is_an_audience_too(
    start: Starting, issuer: Issuer
) -> None:
    trust = {"issuer": issuer.url, "subject": GITHUB["sub"]}
    async with start(trust, issuer_mode="per_client") as snowflake:
        for aud in (ORIGIN, f"{ORIGIN}/clients/{CLIENT_ID}"):
            assert await is_taken(snowflake, issuer.token(GITHUB, aud=aud))
        assert not await is_taken(snowflake, issuer.token(GITHUB, aud=f"{ORIGIN}/clients/wiki"))


async def test_a_changed_configuration_counts_at_once(snowflake: Snowflake, issuer: Issuer) -> None:
    token = issuer.token(GITHUB, aud=ORIGIN)
    assert await is_taken(snowflake, token)
    client = trusting({"issuer": issuer.url, "subject": "repo:octo-org/other"})
    settings = snowflake.settings.model_copy(update={"clients": (client, WIKI)})
    snowflake.state.use(settings)
    assert not await is_taken(snowflake, token)


@pytest.mark.parametrize(
    ("said", "trust", "more"),
    [
        (GITHUB, {"subject": GITHUB["sub"]}, {"header": {"x5t": "aBcD"}, "aud": ORIGIN}),
        (GITHUB, {"subject": "regex:repo:octo-org/.*", **MAIN}, {"aud": ORIGIN}),
        (
            KUBERNETES,
            {"subject": "system:serviceaccount:ci:runner"},
            {"header": {"typ": None}, "aud": [ORIGIN]},
        ),
        (
            KUBERNETES,
            {"claims": "\"kubernetes.io\".namespace == 'ci'"},
            {"header": {"typ": None}, "aud": [ORIGIN, "https://kubernetes.default.svc"]},
        ),
        (GITLAB, {"subject": GITLAB["sub"], "claims": "ref_protected == 'true'"}, {"aud": ORIGIN}),
        (AUTHENTIK, {"subject": AUTHENTIK["sub"], "audience": "abc"}, {"aud": "abc"}),
        (KEYCLOAK, {"claims": "azp == 'ci'"}, {"aud": [ORIGIN, "account"]}),
        (KEYCLOAK, {"claims": "azp == 'ci'"}, {"header": {"typ": "at+jwt"}, "aud": ORIGIN}),
    ],
    ids=range(8),
)
async def test_the_tokens_of_each_platform_are_taken(
    start: Starting, issuer: Issuer, said: Json, trust: Json, more: Json
) -> None:
    async with start({"issuer": issuer.url, **trust}) as snowflake:
        token = issuer.token(said, **more)
        assert await is_taken(snowflake, token)
        # It may come again until it expires: its machine has no other.
        assert await is_taken(snowflake, token)
        snowflake.clock.pass_by(said["exp"] + 60)
        assert not await is_taken(snowflake, token)
