"""``snowflake.toml`` beside the variables, at which ``tests/settings`` looks alone."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snowflake.configuration import load_settings, unknown_variables
from snowflake.errors import StartFault
from snowflake.settings import Settings
from tests.configuration.conftest import APPLICATION, Faults, Load

CLIENT = '[[clients]]\nid = "grafana"\nredirect_uris = ["https://g.example.com/cb"]\n'
SECRET = "hunter2-hunter2-hunter2-hunter2-hunter2"


def test_every_variable_may_stand_in_the_file(load: Load) -> None:
    settings = load(
        """
        allowed_hosts = ["A.example.com", "*.b.example"]
        allowed_clients = "1, 2"
        fix_redirect_uris = false
        token_lifetime = "30m"
        avatar_size = 128
        name_from_guild = 197038439483310086
        metrics = "127.0.0.1:9100"
        secret_key = "0123456789abcdef0123456789abcdef"
        """
    )
    assert settings.allowed_hosts == ("a.example.com", "*.b.example")
    assert settings.allowed_clients == ("1", "2")
    assert settings.fix_redirect_uris is False
    assert settings.token_lifetime == timedelta(minutes=30)
    assert settings.avatar_size == 128
    assert settings.name_from_guild == "197038439483310086"
    assert settings.metrics == ("127.0.0.1", 9100)
    assert settings.secret_keys == ["0123456789abcdef0123456789abcdef"]


def test_the_example_of_the_documentation_is_read(load: Load) -> None:
    settings = load(
        f"""
        {APPLICATION}
        discord_bot_token = "a-bot"
        [groups]
        include = ["guilds", "roles"]
        guilds  = ["197038439483310086"]
        shape   = "name"
        [groups.names]
        "41771983423143936" = "admins"
        [access]
        any_guild = ["197038439483310086"]
        min_account_age = "30d"
        invite = "https://discord.gg/example"
        [[clients]]
        id = "grafana"
        secret = "of-grafana"
        redirect_uris = ["https://grafana.example.com/login/generic_oauth"]
        [clients.groups]
        shape = "id"
        """
    )
    assert settings.groups.names == {"41771983423143936": "admins"}
    assert settings.access.min_account_age == timedelta(days=30)
    [client] = settings.clients
    assert client.groups is not None
    assert settings.groups.changed_by(client.groups).shape == "id"
    assert settings.groups.changed_by(client.groups).include == ("guilds", "roles")


def test_a_variable_wins_over_the_file(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_TOKEN_LIFETIME", "2h")
    monkeypatch.setenv("SNOWFLAKE_LOG_LEVEL", "")
    settings = load('token_lifetime = "nonsense"\nlog_level = "debug"')
    assert settings.token_lifetime == timedelta(hours=2)
    assert settings.log_level == "debug"


def test_the_file_may_be_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "etc.toml"
    path.write_text('root_redirect = "off"')
    monkeypatch.setenv("SNOWFLAKE_CONFIG", str(path))
    settings = load_settings()
    assert (settings.root_redirect, settings.config) == ("off", path)


def test_a_file_that_is_named_must_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWFLAKE_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(StartFault, match=r"none\.toml: cannot be read: "):
        load_settings()


def test_without_a_name_there_need_be_none(file: Path) -> None:
    assert load_settings() == Settings()


def test_a_directory_in_its_place_is_told(file: Path) -> None:
    file.mkdir()
    with pytest.raises(StartFault, match=r"snowflake\.toml: cannot be read: is a directory"):
        load_settings()


def test_a_place_at_which_nobody_can_look_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", "x" * 300)
    with pytest.raises(StartFault, match=r"snowflake\.toml: cannot be read: file name too long"):
        load_settings()


@pytest.mark.parametrize("name", ["GROUPS", "ACCESS", "CLIENTS"])
def test_tables_are_no_variables(file: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"SNOWFLAKE_{name}", "{")
    assert load_settings() == Settings()
    assert [line.partition(" ")[0] for line in unknown_variables()] == [f"SNOWFLAKE_{name}"]


def test_every_fault_of_a_file_has_its_line_and_key(faults: Faults) -> None:
    text = """isuer = "https://snowflake.example.com"
root_redirect = "nowhere"
token_lifetime = 3600
allowed_hosts = [
  "a.example.com",
  "bad:1",
]
[groups]
shap = "id"
include = ["guild"]
names = { "41" = "ok", "admin" = "bad" }
[access]
any_role = "1"
verified_email = "perhaps"
[[clients]]
id = "grafana"
[[clients]]
response_types = []
[clients.groups]
shape = 5
[unheard_of]
"""
    assert faults(text) == [
        "4: allowed_hosts.1: takes host names without scheme, port or path",
        "2: root_redirect: must be 'repo', 'settings', 'docs' or 'off'",
        "3: token_lifetime: must be a duration such as 90s, 1h30m or 30d",
        "10: groups.include.0: must be 'guilds' or 'roles'",
        "11: groups.names.admin: must be an ID of Discord's, such as 197038439483310086",
        "9: groups.shap: is not known here; is shape meant?",
        "13: access.any_role: must be a list in brackets",
        "14: access.verified_email: must be true or false",
        (
            "15: clients.grafana: needs a secret or a secret_file, or public = true; a key of its "
            "own with private_key_jwt, or trusts, would do too"
        ),
        "17: clients.1.id: is missing",
        "18: clients.1.response_types: must have at least one",
        "20: clients.1.groups.shape: must be 'id', 'name' or 'object'",
        "1: isuer: is not known here; is issuer meant?",
        "21: unheard_of: is not known here",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("groups = 5", "1: groups: must be a table"),
        ("groups.names = 5", "1: groups.names: must be a table"),
        (
            "[clients]\nid = 1",
            "1: clients: must be written as [[clients]], each with its own tables",
        ),
        ("clients = [5]", "1: clients.0: must be a table"),
        ("[[groups]]", "1: groups: must be a table"),
        ("enable_docs = []", "1: enable_docs: must be true or false"),
        ("base_path = 5", "1: base_path: must be text in quotes"),
        ('data_dir = "/x"', "1: data_dir: can be set by SNOWFLAKE_DATA_DIR alone"),
        ('config = "/x"', "1: config: can be set by SNOWFLAKE_CONFIG alone"),
        ("issuer_file = 'x'", "1: issuer_file: is not known here"),
        ("secret_key_fil = 'x'", "1: secret_key_fil: is not known here; is secret_key_file meant?"),
        ("access.invite = 'http://x.example'", "1: access.invite: must begin with https://"),
        ("access.min_account_age = 30", "1: access.min_account_age: must be a duration such as"),
        ("groups.role_name = '{role'", "1: groups.role_name: has a brace without its other half"),
    ],
)
def test_a_fault_is_told_in_plain_words(faults: Faults, text: str, fault: str) -> None:
    [told] = faults(text)
    assert told.startswith(fault)


#: A table of a client, whatever stands in it.
OF_CLIENT = f"{APPLICATION}{CLIENT}secret = 's'\n"


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("secret", "s" * 257, "must have at most 256 characters"),
        ("secret", "two\\nlines", "holds control characters, such as a line break"),
        (
            "post_logout_redirect_uris",
            ["https://g.example.com/" + "x" * 2027],
            "must have at most 2048 characters",
        ),
        (
            "post_logout_redirect_uris",
            ["https://g.example.com:0/cb"],
            "must have a plain host and port, which is 1 to 65535 without a zero before it",
        ),
        (
            "post_logout_redirect_uris",
            ["https://.example.com/cb"],
            "must have a host name that there can be, or an address",
        ),
    ],
)
def test_what_endpoints_would_refuse_stops_the_start(
    faults: Faults, key: str, value: str | list[str], fault: str
) -> None:
    at = "" if key == "secret" else ".0"
    written = f'"{value}"' if isinstance(value, str) else f"{value}"
    before = "" if key == "secret" else "secret = 's'\n"
    [told] = faults(f"{APPLICATION}{CLIENT}{before}{key} = {written}")
    line = 6 if key == "secret" else 7
    assert told == f"{line}: clients.grafana.{key}{at}: {fault}"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[access]\nissuer = "x"', "2: access.issuer: {}; issuer belongs above the first table of"),
        (
            "[groups]\nsecret_key_file = 'x'",
            "2: groups.secret_key_file: {}; secret_key_file belong",
        ),
        (
            f"{OF_CLIENT}avatar_size = 64",
            "7: clients.grafana.avatar_size: {}; avatar_size belongs ",
        ),
        ("[access.groups]", "1: access.groups: {}; it is a table of its own, [groups]"),
        ("[groups.clients]", "1: groups.clients: {}; it is a table of its own, [[clients]]"),
        (
            'SNOWFLAKE_ISSUER = "x"',
            "1: SNOWFLAKE_ISSUER: {}; write issuer: in the file keys are in",
        ),
        ('ISSUER = "x"', "1: ISSUER: {}; write issuer: in the file keys are in lower case"),
        (
            '[access]\nSNOWFLAKE_ISSUER = "x"',
            "2: access.SNOWFLAKE_ISSUER: {}; issuer belongs above",
        ),
        ("[access]\nAny_Guild = []", "2: access.Any_Guild: {}; write any_guild: in the file keys"),
        ("redirect_uris = []", "1: redirect_uris: {}; it is a key of [[clients]]"),
        (
            "[groups]\nclaims = {}",
            "2: groups.claims: {}; it is a key of [[clients]] and [[scopes]]",
        ),
        ("[groups]\nany_guild = []", "2: groups.any_guild: {}; it is a key of [access]"),
        ("platform_nam = 'x'", "1: platform_nam: {}"),
        ("key = 'x'", "1: key: {}; it is a key of [[linked_roles.metadata]]"),
    ],
)
def test_a_key_in_the_wrong_place_is_told_where_it_belongs(
    faults: Faults, text: str, fault: str
) -> None:
    [told] = faults(text)
    assert told.startswith(fault.format("is not known here"))


def test_a_key_in_capital_letters_does_not_win_over_the_variable(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWFLAKE_ISSUER", "https://snowflake.example.com")
    with pytest.raises(StartFault, match="ISSUER: is not known here"):
        load('ISSUER = "https://another.example.com"')


def test_a_fault_of_a_variable_names_the_variable(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWFLAKE_ALLOWED_HOSTS", "bad:1")
    with pytest.raises(StartFault) as fault:
        load("allowed_hosts = []")
    [line] = fault.value.faults
    assert line.startswith("SNOWFLAKE_ALLOWED_HOSTS: ")


def test_a_secret_may_stand_in_a_file_beside_it(load: Load, file: Path) -> None:
    file.with_name("key").write_text(f"{SECRET}\n")
    file.with_name("client").write_text("of-grafana\n")
    settings = load(f'{APPLICATION}\nsecret_key_file = "key"\n{CLIENT}secret_file = "client"')
    assert settings.secret_keys == [SECRET]
    [client] = settings.clients
    assert client.secret is not None
    assert client.secret.get_secret_value() == "of-grafana"


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_byte_order_mark_is_no_part_of_a_secret(
    end: str, load: Load, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.with_name("key").write_text(SECRET + end, "utf-8-sig")
    assert load('secret_key_file = "key"').secret_keys == [SECRET]
    monkeypatch.setenv("SNOWFLAKE_SECRET_KEY_FILE", str(file.with_name("key")))
    assert load("").secret_keys == [SECRET]


def test_a_secret_that_powershell_has_written_is_told(faults: Faults, file: Path) -> None:
    file.with_name("key").write_text(SECRET, "utf-16")
    [told] = faults('secret_key_file = "key"')
    assert told.startswith("1: secret_key_file: cannot read ")
    assert told.endswith(": it is UTF-16 text, as PowerShell writes it; save it as UTF-8")


def test_a_secret_of_a_variable_leaves_the_file_unread(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNOWFLAKE_SECRET_KEY", SECRET)
    assert load('secret_key = "short"\nsecret_key_file = "missing"').secret_keys == [SECRET]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ('secret_file = "none"', "secret_file: cannot read "),
        ('secret_file = "a\\u0000b"', "secret_file: cannot read "),
        ("secret_file = 5", "secret_file: must be a path in quotes"),
        ('secret = "x"\nsecret_file = "y"', "secret_file: is set, and so is secret; choose one"),
        ('secret = ""', "secret: is empty"),
        ("secret = 5", "secret: must be text in quotes"),
        ('secret = "$argon2id$v=19$nonsense"', "secret: is a damaged hash"),
        ("", "needs a secret or a secret_file, or public = true"),
        ('public = true\nsecret = "x"', "is public and has a secret; choose one"),
    ],
)
def test_a_client_has_exactly_one_secret_or_is_public(
    faults: Faults, lines: str, fault: str
) -> None:
    [told] = faults(f"{APPLICATION}{CLIENT}{lines}")
    assert (
        told.partition(": clients.grafana")[2]
        .removeprefix(".")
        .removeprefix(": ")
        .startswith(fault)
    )


@pytest.mark.parametrize("token", ["tök\u00e9n", "a b", "a\\nb", ""])
def test_a_bot_token_that_no_header_can_hold_is_told(faults: Faults, token: str) -> None:
    [told] = faults(f'discord_bot_token = "{token}"')
    assert told == "1: discord_bot_token: must be visible ASCII characters, and no space"


def test_a_secret_is_in_no_fault(faults: Faults) -> None:
    text = f'secret_key = "{SECRET[:20]}"\n{CLIENT}secret = ["{SECRET}"]\nsecrte = "{SECRET}"'
    assert "hunter2" not in "".join(faults(text))


_keys = st.sampled_from(
    [*Settings.model_fields, "secret_key_file", "id", "redirect_uris", "shape", r'"\n"']
)
_values = st.recursive(
    st.one_of(
        st.sampled_from(['""', "'x'", "true", "1", "-1.5", "nan", "1979-05-27", "12:00:00"]),
        st.text(max_size=8),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda values: f"[{', '.join(values)}]"),
        st.tuples(_keys, inner).map(lambda pair: f"{{ {pair[0]} = {pair[1]} }}"),
    ),
    max_leaves=4,
)
_lines = st.one_of(
    st.tuples(_keys, _values).map(" = ".join),
    _keys.map("[{}]".format),
    _keys.map("[[{}]]".format),
    st.text(max_size=12),
)


@given(st.lists(_lines, max_size=8).map("\n".join))
@example("[[clients]]\n" * 3)
@example("clients = [[{}]]")
@example(f"x = {'{a=' * 2000}")
def test_whatever_stands_in_the_file_there_are_settings_or_faults(load: Load, text: str) -> None:
    faults: tuple[str, ...] = ("none",)
    try:
        load(text)
    except StartFault as fault:
        faults = fault.faults
    assert faults
    assert all(line.isprintable() for line in faults)
