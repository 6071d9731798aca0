"""What a client would get of somebody, as a bot sees it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import respx
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from snowflake.cli import main
from snowflake.cli.commands import app
from snowflake.cli.preview import _lines
from snowflake.discord.client import DiscordClient
from snowflake.discord.models import User
from snowflake.errors import Refusal, TemporarilyUnavailable
from snowflake.oidc.needs import needs_of
from snowflake.oidc.scopes import BUILT_IN, claims_of
from snowflake.operator.preview import (
    ONLY_THEIRS,
    PRIVATE_CLAIMS,
    PRIVATE_OF_DISCORD,
    Gate,
    Preview,
)
from snowflake.operator.preview import preview as looking_at
from snowflake.people.person import Person
from snowflake.people.subjects import Subjects
from snowflake.sandbox.discord import GUEST, Application, Bot, Membership, SimulatedDiscord
from snowflake.sandbox.discord.places import ADA, KEEPER, LIGHTHOUSE, NIGHT_SHIFT, SOURDOUGH
from snowflake.sandbox.serving import serving
from snowflake.settings import REPOSITORY, Settings
from snowflake.settings.registry import Registry
from snowflake.state import State
from tests.cli.conftest import _logging_is_left_as_it_was
from tests.login import CLIENT_ID
from tests.people.test_subjects import known_by
from tests.running import DISCORD_API, NOW, USER, Clock, Discord

__all__ = ["_logging_is_left_as_it_was"]

SETTINGS = Settings(discord_bot_token=SecretStr("the-bot-token"))
PERSON = str(USER["id"])
ELSEWHERE = "41771983423143999"
CLIENT = Registry(SETTINGS).find(CLIENT_ID)


@pytest.fixture(scope="module")
def simulated() -> Iterator[tuple[SimulatedDiscord, str]]:
    discord = SimulatedDiscord()
    with serving(discord.app) as origin:
        yield discord, origin


@pytest.fixture
def sandbox(
    simulated: tuple[SimulatedDiscord, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[SimulatedDiscord]:
    discord, origin = simulated
    bot = Bot("the-bot-token", guilds=(LIGHTHOUSE, SOURDOUGH))
    discord.register(Application(id=CLIENT_ID, name="Snowflake", secret="secret", bot=bot))
    variables = {
        "NO_PROXY": "*",
        "SNOWFLAKE_DATA_DIR": str(tmp_path),
        "SNOWFLAKE_DISCORD_API_URL": f"{origin}/api/v10",
        "SNOWFLAKE_DISCORD_BOT_TOKEN": bot.token,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    people = dict(discord.people)
    yield discord
    discord.people.update(people)


def configure(tmp_path: Path, text: str) -> None:
    (tmp_path / "snowflake.toml").write_text(text, "utf-8")


def run(*options: str, person: str = ADA, status: int = 0) -> Result:
    command = ["preview", "--client", CLIENT_ID, "--person", person, *options]
    result = CliRunner().invoke(app, command, catch_exceptions=False)
    assert result.exit_code == status, result.output
    assert "the-bot-token" not in result.output
    return result


def preview(person: str = ADA, status: int = 0) -> dict[str, str]:
    output = run(person=person, status=status).output
    lines = [line.strip().partition(": ") for line in output.splitlines()]
    return {name: value for name, _, value in lines}


@pytest.mark.usefixtures("sandbox")
def test_claims_are_those_of_a_login_as_far_as_the_bot_sees(tmp_path: Path) -> None:
    configure(
        tmp_path,
        f"""
        [groups]
        include = ["guilds", "roles"]
        guilds = ["{LIGHTHOUSE}"]
        shape = "name"
        names = {{"{KEEPER}" = "admins"}}
        """,
    )
    shown = preview()
    assert f"Ada Lindqvist (ada.lindqvist, {ADA})" in shown
    assert shown["conditions"] == "none"
    assert json.loads(shown["sub"]) == ADA
    assert json.loads(shown["name"]) == "Ada Lindqvist"
    groups = json.loads(shown["groups"])
    assert "admins" in groups
    assert "Lighthouse Keepers:Night Shift" in groups
    assert SOURDOUGH in groups
    assert {name for name, value in shown.items() if value == "only their own login tells"} == {
        "email",
        "email_verified",
        "locale",
        "discord.locale",
        "discord.mfa_enabled",
    }


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(
    ("mode", "sub"), [("id", ADA), ("username", "ada.lindqvist"), ("email", None), ("hash", "made")]
)
async def test_the_subject_is_shown_as_far_as_it_can_be_told(
    tmp_path: Path, clock: Clock, mode: str, sub: str | None
) -> None:
    configure(
        tmp_path,
        f"""
        discord_client_id = "{CLIENT_ID}"
        discord_client_secret = "secret"

        [[clients]]
        id = "forum"
        public = true
        redirect_uris = ["https://forum.example.com/callback"]
        subject = "{mode}"
        """,
    )
    settings = Settings(data_dir=tmp_path)
    async with State.open(settings, clock) as state:
        made = await state.store.subject_secret.made()
    command = ["preview", "--client", "forum", "--person", ADA, "--json"]
    result = await asyncio.to_thread(CliRunner().invoke, app, command, catch_exceptions=False)
    told = json.loads(result.stdout)
    if sub is None:
        assert "sub" in told["unknown_claims"]
        assert "sub" not in told["claims"]
        return
    expected = Subjects(made).of(User(id=ADA), known_by("hash")) if sub == "made" else sub
    assert told["claims"]["sub"] == expected


@pytest.mark.usefixtures("sandbox")
def test_claims_by_expression_are_shown_with_why_they_fail(tmp_path: Path) -> None:
    configure(
        tmp_path,
        f"""
        [[scopes]]
        name = "openid"
        claims.role = "guilds[?id == '{LIGHTHOUSE}'].roles[].name | contains(@, 'Keeper')"
        claims.odd = "abs(name)"
        claims.nothing = "`null`"
        claims.address = "email || 'none'"
        claims.owns = "guilds[?owner] | length(@)"
        claims.guilds = "guilds[].id"
        """,
    )
    shown = preview()
    assert json.loads(shown["role"]) is True
    assert json.loads(shown["guilds"]) == [LIGHTHOUSE, SOURDOUGH]
    reason = "does not fit what it is searched for in"
    assert shown["odd"] == f"left out, since its expression {reason}"
    assert shown["address"] == shown["owns"] == ONLY_THEIRS
    assert "nothing" not in shown
    told = json.loads(run("--json").output)
    assert told["failed_claims"] == {"odd": reason}
    assert {"address", "owns"} <= {*told["unknown_claims"]}


@pytest.mark.usefixtures("sandbox")
def test_each_gate_says_what_it_says(tmp_path: Path) -> None:
    configure(
        tmp_path,
        f"""
        [access]
        any_guild = ["{LIGHTHOUSE}"]
        any_role = ["{KEEPER}"]
        no_role = ["{NIGHT_SHIFT}"]
        two_factor = true
        verified_email = true
        """,
    )
    shown = preview(status=1)
    assert shown["any_guild"] == shown["any_role"] == "lets them in"
    assert shown["no_role"].startswith("refuses: ")
    assert shown["two_factor"] == shown["verified_email"] == "only their own login tells"
    assert "people" not in shown


OWN_TOKEN = "two_factor = true\nverified_email = true\n"


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(
    ("access", "verdict", "line", "status"),
    [
        ("", "let_in", "would be let in", 0),
        (f'any_guild = ["{LIGHTHOUSE}"]', "let_in", "would be let in", 0),
        (
            OWN_TOKEN,
            "undecided",
            f"would be let in, unless verified_email or two_factor refuses: {ONLY_THEIRS}",
            0,
        ),
        (
            f'people = ["1"]\nany_guild = ["{LIGHTHOUSE}"]\nno_role = ["{KEEPER}"]\n{OWN_TOKEN}',
            "refused",
            "would be refused: people, no_role",
            1,
        ),
        # A login does not get as far as the gate that would refuse.
        (
            f'any_guild = ["{LIGHTHOUSE}", "{ELSEWHERE}"]\npeople = ["1"]',
            "unavailable",
            f"would be refused: temporarily_unavailable, since the bot is not in guild {ELSEWHERE}",
            1,
        ),
    ],
)
def test_it_begins_with_what_a_login_comes_to(
    access: str, verdict: str, line: str, status: int, tmp_path: Path
) -> None:
    configure(tmp_path, f"[access]\n{access}")
    assert run(status=status).output.splitlines()[0] == line
    assert json.loads(run("--json", status=status).output)["verdict"] == verdict


@pytest.mark.parametrize(
    ("untold", "verdict"),
    [((True, True), "unavailable"), ((True, False), "refused"), ((), "let_in")],
)
def test_what_discord_leaves_unsaid_refuses_nobody_alone(
    untold: tuple[bool, ...], verdict: str
) -> None:
    gates = tuple(Gate("any_guild", Refusal("any_guild", "No.", untold=one)) for one in untold)
    person = Person(User(id=ADA, username="ada"))
    assert CLIENT is not None
    seen = Preview(person, needs_of(CLIENT, ()), gates, {}, unknown=(), unseen=())
    assert seen.verdict == verdict
    assert ("Discord does not say" in next(_lines(seen))) == (verdict == "unavailable")


@pytest.mark.usefixtures("sandbox")
def test_programs_are_told_the_same(tmp_path: Path) -> None:
    configure(
        tmp_path,
        f'[access]\nany_guild = ["{LIGHTHOUSE}"]\nno_role = ["{NIGHT_SHIFT}"]\n{OWN_TOKEN}',
    )
    told = json.loads(run("--json", status=1).output)
    assert told["person"] == {"id": ADA, "username": "ada.lindqvist", "name": "Ada Lindqvist"}
    assert (told["client"], told["guilds_without_bot"]) == (CLIENT_ID, [])
    conditions = {one["condition"]: one["lets_in"] for one in told["conditions"]}
    assert conditions == {
        "any_guild": True,
        "no_role": False,
        "verified_email": None,
        "two_factor": None,
    }
    reasons = {one["condition"]: one["reason"] for one in told["conditions"]}
    assert reasons["any_guild"] == ""
    assert reasons["two_factor"] == "only their own login tells"
    assert told["claims"]["sub"] == ADA
    assert "email" in told["unknown_claims"]


@pytest.mark.usefixtures("sandbox")
def test_where_the_bot_is_not_it_cannot_tell(tmp_path: Path) -> None:
    configure(
        tmp_path,
        f"""
        [access]
        any_guild = ["{LIGHTHOUSE}", "{ELSEWHERE}"]
        no_role = ["{NIGHT_SHIFT}"]
        people = ["{ADA}"]
        """,
    )
    shown = preview(status=1)
    for gate in ("any_guild", "no_role"):
        assert shown[gate].startswith(f"cannot be told: the bot is not in guild {ELSEWHERE};")
    assert shown["people"] == "lets them in"
    assert shown[f"The bot is not in guild {ELSEWHERE}"].endswith("temporarily_unavailable.")


@pytest.mark.usefixtures("sandbox")
def test_a_login_goes_on_without_a_nickname_that_the_bot_cannot_see(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SNOWFLAKE_NAME_FROM_GUILD", ELSEWHERE)
    configure(tmp_path, f'[access]\nany_guild = ["{LIGHTHOUSE}"]\n')
    assert preview()["any_guild"] == "lets them in"


@pytest.mark.usefixtures("sandbox")
def test_no_guild_is_shown_that_a_login_would_not_ask_for(tmp_path: Path) -> None:
    configure(tmp_path, f'[groups]\ninclude = ["roles"]\nguilds = ["{LIGHTHOUSE}"]\n')
    shown = preview()
    assert SOURDOUGH not in json.loads(shown["groups"])
    assert "Guilds that the bot is not in are left out." not in shown


@pytest.mark.usefixtures("sandbox")
def test_of_the_account_only_what_is_public_is_shown() -> None:
    told = json.loads(preview()["discord"])
    assert told["username"] == "ada.lindqvist"
    assert not told.keys() & {"locale", "mfa_enabled"}


ALL = frozenset({"identify", "email", "guilds"})


def test_what_only_their_own_token_shows_is_not_told_by_a_bot() -> None:
    assert CLIENT is not None
    public = User(id=ADA, username="ada", discriminator="0", global_name="Ada", avatar="a_1")
    private = public.model_copy(
        update={"email": "a@b.c", "verified": True, "locale": "sv-SE", "mfa_enabled": True}
    )
    by_bot = claims_of(Person(public), BUILT_IN, CLIENT, ALL)
    by_login = claims_of(Person(private, email=private.email), BUILT_IN, CLIENT, ALL)
    assert {name for name in by_login if name not in by_bot} == PRIVATE_CLAIMS
    of_bot, of_login = (claims["discord"] for claims in (by_bot, by_login))
    assert isinstance(of_bot, dict)
    assert isinstance(of_login, dict)
    assert of_login.keys() - of_bot.keys() == PRIVATE_OF_DISCORD


def test_a_role_that_was_taken_away_closes_the_gate(
    sandbox: SimulatedDiscord, tmp_path: Path
) -> None:
    configure(tmp_path, f'[access]\nany_guild = ["{LIGHTHOUSE}"]\nany_role = ["{KEEPER}"]\n')
    sandbox.people[ADA] = sandbox.people[ADA].leaving(LIGHTHOUSE)
    shown = preview(status=1)
    assert shown["any_guild"].startswith("refuses: ")
    assert shown["any_role"].startswith("refuses: ")


@pytest.mark.parametrize(("guests", "let_in"), [("false", False), ("true", True)])
def test_a_guest_is_looked_at_as_at_a_login(
    sandbox: SimulatedDiscord, tmp_path: Path, guests: str, let_in: bool
) -> None:
    access = f'any_guild = ["{LIGHTHOUSE}"]\nguests = {guests}\n'
    roles = f'include = ["guilds", "roles"]\nguilds = ["{LIGHTHOUSE}"]\n'
    configure(tmp_path, f"[access]\n{access}[groups]\n{roles}")
    guest = Membership(LIGHTHOUSE, roles=(KEEPER,), flags=GUEST, joined_at=None)
    sandbox.people[ADA] = sandbox.people[ADA].joining(guest)
    shown = preview(status=0 if let_in else 1)
    assert shown["any_guild"].startswith("lets them in" if let_in else "refuses: ")
    for group in (LIGHTHOUSE, KEEPER):
        assert (group in json.loads(shown["groups"])) == let_in


def test_a_name_that_is_meant_for_the_terminal_does_not_reach_it(
    sandbox: SimulatedDiscord,
) -> None:
    sandbox.people[ADA] = replace(sandbox.people[ADA], global_name="\x1b[2JAda\u202e")
    assert f"[2JAda (ada.lindqvist, {ADA})" in preview()
    told = run("--json").output
    assert not {"\x1b", "\u202e"} & set(told)
    assert json.loads(told)["person"]["name"] == "\x1b[2JAda\u202e"


@pytest.mark.usefixtures("sandbox")
def test_somebody_whom_the_bot_never_met_is_unknown() -> None:
    assert preview("1", status=1) == {"Discord knows nobody by this ID.": ""}
    told = run("--json", person="1", status=1)
    assert (told.stdout, told.stderr) == ("", "Discord knows nobody by this ID.\n")


def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    command = ["snowflake", "preview", "--client", CLIENT_ID, "--person", ADA]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().err


@pytest.mark.usefixtures("sandbox")
def test_without_a_bot_nobody_can_look(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SNOWFLAKE_DISCORD_BOT_TOKEN")
    status, line = told(monkeypatch, capsys)
    assert (status, line.split(":")[0]) == (2, "SNOWFLAKE_DISCORD_BOT_TOKEN")


@pytest.fixture
def user(discord: Discord) -> respx.Route:
    """Let the bot be in no guild, and see of the person what is public."""
    discord.guilds.respond(json=[])
    public = {name: USER[name] for name in ("id", "username", "global_name", "avatar")}
    return discord.router.get(f"{DISCORD_API}/users/{PERSON}").respond(json=public)


async def look() -> Preview | None:
    assert CLIENT is not None
    token = SETTINGS.discord_bot_token
    async with DiscordClient.open(DISCORD_API, REPOSITORY, bot_token=token) as discord:
        return await looking_at(CLIENT, PERSON, discord.bot, Subjects(None), NOW)


@pytest.mark.usefixtures("user")
async def test_somebody_in_no_guild_of_the_bot_is_still_somebody() -> None:
    seen = await look()
    assert seen is not None
    assert seen.claims["preferred_username"] == "nelly"
    assert seen.claims["groups"] == []


async def test_a_bot_that_is_refused_is_told_as_an_outage(user: respx.Route) -> None:
    user.respond(401, json={"message": "401: Unauthorized", "code": 0})
    with pytest.raises(TemporarilyUnavailable):
        await look()


@pytest.mark.usefixtures("sandbox")
def test_a_machine_gets_nothing_of_anybody(tmp_path: Path) -> None:
    machine = '[[clients]]\nid = "ci"\nsecret = "s"\ngrant_types = ["client_credentials"]\n'
    application = 'discord_client_id = "1"\ndiscord_client_secret = "s"\n'
    file = tmp_path / "snowflake.toml"
    file.write_text(application + machine, "utf-8")
    command = ["preview", "--client", "ci", "--person", ADA]
    environment = {"SNOWFLAKE_CONFIG": str(file)}
    result = CliRunner().invoke(app, command, env=environment)
    assert "--client: is a machine, to which nobody signs in" in str(result.exception)
