"""What is told at the start of claims by expression and of scopes of one's own."""

import pytest

from snowflake.settings.tables.scopes import RESERVED
from tests.configuration.conftest import APPLICATION, Faults, Load

BOT = 'discord_bot_token = "a-bot"\n'
CLIENT = '[[clients]]\nid = "grafana"\nsecret = "s"\nredirect_uris = ["https://g.example.com/cb"]\n'
START = APPLICATION + CLIENT
TEAM = 'description = "A."\nclaims.x = "id"\n'
LINE = START.count("\n") + 2


def of_claim(faults: Faults, claim: str, text: str) -> list[str]:
    """Answer the faults of a claim of a client, which stands on line ``LINE``."""
    return faults(f'{START}[clients.claims]\n{claim} = """{text}"""\n')


@pytest.mark.parametrize("claim", sorted(RESERVED))
def test_what_a_token_says_of_itself_cannot_be_set(faults: Faults, claim: str) -> None:
    [told] = of_claim(faults, claim, "id")
    reason = "is a claim that says what a token is; no expression can set it"
    assert told == f"{LINE}: clients.grafana.claims.{claim}: {reason}"
    [told] = faults(f'[[scopes]]\nname = "openid"\n[scopes.claims]\n{claim} = "id"\n')
    assert told.startswith(f"4: scopes.0.claims.{claim}: is a claim that says")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a[", "is no JMESPath expression: there is a fault at column"),
        ("", "is no JMESPath expression: there is a fault"),
        ("count(groups)", "calls count, which is no function of JMESPath"),
        ("gilds[].id", "of a person there is no gilds; is guilds meant?"),
        ("guilds.name", "in guilds there is no name: it is a list; write guilds[].name"),
        ("guilds[].role.id", "in guilds[] there is no role; is roles meant?"),
        ("guilds[].nick | [0] || id", "in guilds[].nick there is no id"),
        ("mail", "of a person there is no mail; is email meant?"),
        ("guilds[].roles[].name", "looks for the names of roles, which need discord_bot_token"),
        ("!" * 150 + "id", "goes deeper than 100 levels"),
        (" || ".join(["id"] * 120), "goes deeper than 100 levels"),
        ("id || " * 200 + "id", "must have at most 1000 characters"),
    ],
)
def test_an_expression_that_cannot_work_is_told_with_its_line(
    faults: Faults, text: str, fault: str
) -> None:
    [told] = of_claim(faults, "it", text)
    assert told.startswith(f"{LINE}: clients.grafana.claims.it: {fault}")


@pytest.mark.parametrize(
    ("claim", "fault"),
    [
        ('""', "must be one line of plain text"),
        ('" it"', "must be one line of plain text"),
        (r'"i\nt"', "must be one line of plain text"),
        (f'"{"i" * 101}"', "must have at most 100 characters"),
    ],
)
def test_the_name_of_a_claim_is_one_line(faults: Faults, claim: str, fault: str) -> None:
    [told] = of_claim(faults, claim, "id")
    assert told.endswith(fault)


def test_there_are_not_more_claims_than_anybody_needs(load: Load, faults: Faults) -> None:
    claims = [f'c{number} = "id"\n' for number in range(51)]
    load(f"{START}[clients.claims]\n{''.join(claims[:50])}")
    [told] = faults(f"{START}[clients.claims]\n{''.join(claims)}")
    assert told.startswith(f"{LINE - 1}: clients.grafana.claims: dictionary should have at most 50")


@pytest.mark.parametrize(
    "text", ["guilds[?id=='1'].roles[].id", "@", "groups[].name", '{"a": id}', "guilds[*].roles"]
)
def test_an_expression_that_can_work_is_taken(load: Load, text: str) -> None:
    [client] = load(f'{START}[clients.claims]\nit = """{text}"""\n').clients
    assert client.claims == {"it": text}


def test_with_a_bot_roles_have_names(load: Load) -> None:
    load(f'{BOT}{START}[clients.claims]\nit = "guilds[].roles[].name"\n')


@pytest.mark.parametrize(
    ("tables", "fault"),
    [
        ('name = "work"', "1: scopes.0.description: is missing: people read it"),
        ('name = "a b"\ndescription = "A."', "2: scopes.0.name: must be visible ASCII"),
        ('name = ""\ndescription = "A."', "2: scopes.0.name: must be visible ASCII"),
        ('description = "A."', "1: scopes.0.name: is missing"),
        ('name = "work"\ndescription = ""', "3: scopes.0.description: must be one line"),
        ('name = "offline_access"', "2: scopes.0.name: tells how long a login lasts"),
        (
            'name = "a"\ndescription = "A."\n[[scopes]]\nname = "a"\ndescription = "A."',
            "5: scopes.1.name: is the name of another scope too",
        ),
        (
            'name = "work"\ndescription = "A."\nclaims.nickname = "id"',
            "4: scopes.0.claims.nickname: is a claim of the scope profile already",
        ),
        ('name = "profile"\nclaims.email = "id"', "3: scopes.0.claims.email: is a claim of the"),
        (
            f'name = "a"\n{TEAM}[[scopes]]\nname = "b"\n{TEAM}',
            "8: scopes.1.claims.x: is a claim of the scope a already",
        ),
        ('name = "profile"\nclaims.x = "nick"', "3: scopes.0.claims.x: of a person there is no"),
        ('name = "profile"\nclaim.x = "nick"', "3: scopes.0.claim: is not known here"),
        ('name = "profile"\nclaims.x = 1', "3: scopes.0.claims.x: must be text in quotes"),
        ('name = "profile"\nclaims = []', "3: scopes.0.claims: "),
    ],
)
def test_scopes_that_do_not_go_together_are_told_with_their_line(
    faults: Faults, tables: str, fault: str
) -> None:
    [told] = faults(f"[[scopes]]\n{tables}\n")
    assert told.startswith(fault)


def test_scopes_are_written_as_a_list_of_tables(faults: Faults) -> None:
    [told] = faults('scopes = ["openid"]\n')
    assert told.startswith("1: scopes.0: must be a table")


def test_a_client_may_have_a_scope_of_ones_own(load: Load, faults: Faults) -> None:
    scope = '[[scopes]]\nname = "work"\ndescription = "What you do."\nclaims.team = "id"\n'
    load(f'{START}scopes = ["work", "profile"]\n{scope}')
    [told] = faults(f'{START}scopes = ["wrok"]\n{scope}')
    assert told == f"{LINE - 1}: clients.grafana.scopes.0: is no scope of Snowflake; is work meant?"
