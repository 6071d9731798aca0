from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from snowflake.configuration import load_settings, unknown_variables
from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.groups import GroupsTable
from snowflake.settings.tables.pages import PagesTable

SECRET = "correct-horse-battery-staple-and-more"
SetVariable = Callable[[str, str], None]


@pytest.fixture
def variable(monkeypatch: pytest.MonkeyPatch) -> SetVariable:
    """Set one of SNOWFLAKE_*."""
    return lambda name, value: monkeypatch.setenv(f"SNOWFLAKE_{name}", value)


def test_without_variables_every_default_of_the_contract_holds() -> None:
    assert load_settings().model_dump() == {
        "allowed_hosts": ("localhost", "127.0.0.1", "::1"),
        "allowed_clients": ("*",),
        "base_path": "",
        "fix_redirect_uris": True,
        "token_lifetime": timedelta(hours=1),
        "root_redirect": "repo",
        "treat_loopback_as_secure": True,
        "return_to_referrer": False,
        "allowed_webfinger_hosts": (),
        "private_key": None,
        "enable_docs": False,
        "issuer": None,
        "data_dir": Path("data"),
        "config": None,
        "database_url": None,
        "secret_key": None,
        "code_lifetime": timedelta(minutes=1),
        "refresh_token_lifetime": timedelta(days=30),
        "grant_lifetime": timedelta(days=365),
        "session_lifetime": timedelta(hours=12),
        "key_rotation": timedelta(0),
        "include_unverified_email": False,
        "discord_client_id": None,
        "discord_client_secret": None,
        "discord_bot_token": None,
        "discord_public_key": None,
        "linked_roles_at_login": False,
        "avatar_size": None,
        "name_from_guild": None,
        "picture_from_guild": None,
        "discord_api_url": "https://discord.com/api/v10",
        "discord_authorize_url": "https://discord.com/oauth2/authorize",
        "discord_cache": timedelta(minutes=1),
        "discord_deadline": timedelta(seconds=10),
        "log_level": "info",
        "log_format": None,
        "log_people": False,
        "access_token_claims": "all-that-fit",
        "userinfo_fresh": timedelta(minutes=5),
        "metrics": None,
        "groups": GroupsTable().model_dump(),
        "access": AccessTable().model_dump(),
        "clients": (),
        "scopes": (),
        "linked_roles": None,
        "pages": PagesTable().model_dump(),
    }


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        (
            "ALLOWED_HOSTS",
            "A.example.com, *.b.example ,,[::1]",
            ("a.example.com", "*.b.example", "::1"),
        ),
        ("ALLOWED_HOSTS", "*", ("*",)),
        ("ALLOWED_CLIENTS", " 1 , 2 ", ("1", "2")),
        ("BASE_PATH", "/", ""),
        ("BASE_PATH", "/snowflake", "/snowflake"),
        ("BASE_PATH", "/auth/snowflake/", "/auth/snowflake"),
        ("FIX_REDIRECT_URIS", "false", False),
        ("FIX_REDIRECT_URIS", "0", False),
        ("TOKEN_LIFETIME", "60s", timedelta(seconds=60)),
        ("TOKEN_LIFETIME", "1mm", timedelta(days=30)),
        ("ROOT_REDIRECT", "off", "off"),
        ("TREAT_LOOPBACK_AS_SECURE", "no", False),
        ("RETURN_TO_REFERRER", "true", True),
        (
            "ALLOWED_WEBFINGER_HOSTS",
            "example.com , *.Example.org",
            ("example.com", "*.example.org"),
        ),
        ("ENABLE_DOCS", "1", True),
        ("ISSUER", "https://snowflake.example.com/base", "https://snowflake.example.com/base"),
        ("ISSUER", "http://localhost:8000", "http://localhost:8000"),
        ("DATA_DIR", "/somewhere", Path("/somewhere")),
        ("CODE_LIFETIME", "10s", timedelta(seconds=10)),
        ("CODE_LIFETIME", "10m", timedelta(minutes=10)),
        ("INCLUDE_UNVERIFIED_EMAIL", "true", True),
        ("DISCORD_CACHE", "0", timedelta(0)),
        ("DISCORD_CACHE", "1h", timedelta(hours=1)),
        ("METRICS", "off", None),
        ("METRICS", "127.0.0.1:9100", ("127.0.0.1", 9100)),
        ("METRICS", "metrics.internal:1", ("metrics.internal", 1)),
        ("METRICS", "[::1]:65535", ("::1", 65535)),
        ("METRICS", ":9100", ("0.0.0.0", 9100)),  # noqa: S104
        ("DISCORD_API_URL", "http://127.0.0.1:9000/api", "http://127.0.0.1:9000/api"),
        ("DISCORD_PUBLIC_KEY", "0F" * 32, "0f" * 32),
        ("LOG_LEVEL", "debug", "debug"),
        ("LOG_FORMAT", "pretty", "pretty"),
    ],
)
def test_a_variable_is_read_as_its_type(
    variable: SetVariable, name: str, text: str, value: object
) -> None:
    variable(name, text)
    assert getattr(load_settings(), name.lower()) == value


@pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
def test_an_empty_variable_counts_as_not_set(variable: SetVariable, name: str) -> None:
    default = getattr(load_settings(), name.lower())
    variable(name, "")
    assert getattr(load_settings(), name.lower()) == default


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ALLOWED_HOSTS", "https://snowflake.example.com"),
        ("ALLOWED_HOSTS", "snowflake.example.com:8000"),
        ("ALLOWED_HOSTS", "*example.com"),
        ("BASE_PATH", "snowflake"),
        ("BASE_PATH", "//evil.example.com"),
        ("BASE_PATH", "/a?b"),
        ("BASE_PATH", "/a%20b"),
        ("BASE_PATH", "/a b"),
        ("BASE_PATH", "/sn\u00f6flake"),
        ("FIX_REDIRECT_URIS", "maybe"),
        ("TOKEN_LIFETIME", "3600"),
        ("TOKEN_LIFETIME", "59s"),
        ("TOKEN_LIFETIME", "-1h"),
        ("TOKEN_LIFETIME", "99999999y"),
        ("ROOT_REDIRECT", "https://example.com"),
        ("TREAT_LOOPBACK_AS_SECURE", "2"),
        ("RETURN_TO_REFERRER", "perhaps"),
        ("ALLOWED_WEBFINGER_HOSTS", "*"),
        ("ALLOWED_WEBFINGER_HOSTS", "me@example.com"),
        ("ENABLE_DOCS", "yep"),
        ("DISCORD_PUBLIC_KEY", "0f" * 31),
        ("DISCORD_PUBLIC_KEY", "0g" * 32),
        ("DISCORD_CACHE", "-1s"),
        ("DISCORD_CACHE", "3601s"),
        ("ISSUER", "snowflake.example.com"),
        ("ISSUER", "http://snowflake.example.com"),
        ("ISSUER", "https://snowflake.example.com/"),
        ("ISSUER", "https://snowflake.example.com?x=1"),
        ("ISSUER", "https://snowflake.example.com#x"),
        ("ISSUER", "https://me:pass@snowflake.example.com"),
        ("ISSUER", "https://[::1"),
        ("ISSUER", "https://snowflake.example.com:99999"),
        ("ISSUER", " https://snowflake.example.com"),
        ("ISSUER", "https://snowflake.example.com/a b"),
        ("ISSUER", "https://snowflake.\texample.com"),
        ("SECRET_KEY", "short"),
        ("CODE_LIFETIME", "9s"),
        ("CODE_LIFETIME", "11m"),
        ("INCLUDE_UNVERIFIED_EMAIL", "so-so"),
        ("DISCORD_API_URL", "ftp://discord.com/api"),
        ("DISCORD_AUTHORIZE_URL", "https://discord.com/authorize#top"),
        ("DISCORD_AUTHORIZE_URL", "/oauth2/authorize"),
        ("AVATAR_SIZE", "100"),
        ("AVATAR_SIZE", "8192"),
        ("DISCORD_CLIENT_ID", "0123"),
        ("NAME_FROM_GUILD", "birds"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("METRICS", "on"),
        ("METRICS", "25311"),
        ("METRICS", "0"),
        ("METRICS", "65536"),
        ("METRICS", "::1:9100"),
        ("METRICS", "http://127.0.0.1:9100"),
    ],
)
def test_a_bad_value_stops_the_start_with_one_line_that_names_the_variable(
    variable: SetVariable, name: str, text: str
) -> None:
    variable(name, text)
    with pytest.raises(StartFault) as fault:
        load_settings()
    [line] = fault.value.faults
    assert line.startswith(f"SNOWFLAKE_{name}: ")
    assert "\n" not in line


def test_there_is_one_line_for_each_fault(variable: SetVariable) -> None:
    variable("TOKEN_LIFETIME", "1s")
    variable("ROOT_REDIRECT", "nowhere")
    variable("ALLOWED_HOSTS", "good.example.com,bad:1")
    with pytest.raises(StartFault) as fault:
        load_settings()
    assert [line.partition(":")[0] for line in fault.value.faults] == [
        "SNOWFLAKE_ALLOWED_HOSTS",
        "SNOWFLAKE_ROOT_REDIRECT",
        "SNOWFLAKE_TOKEN_LIFETIME",
    ]


@pytest.mark.parametrize("name", ["PRIVATE_KEY", "SECRET_KEY"])
def test_a_secret_may_stand_in_a_file(variable: SetVariable, tmp_path: Path, name: str) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n", "utf-8")
    variable(f"{name}_FILE", str(path))
    secret = getattr(load_settings(), name.lower())
    assert isinstance(secret, SecretStr)
    assert secret.get_secret_value() == SECRET


@pytest.mark.parametrize("name", ["PRIVATE_KEY", "SECRET_KEY"])
def test_a_variable_and_its_file_do_not_go_together(
    variable: SetVariable, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "secret"
    path.write_text(SECRET, "utf-8")
    variable(name, SECRET)
    variable(f"{name}_FILE", str(path))
    with pytest.raises(StartFault) as fault:
        load_settings()
    assert fault.value.faults == (
        f"SNOWFLAKE_{name}: is set, and so is SNOWFLAKE_{name}_FILE; choose one",
    )


def test_a_file_that_is_not_there_is_named(variable: SetVariable, tmp_path: Path) -> None:
    variable("PRIVATE_KEY_FILE", str(tmp_path / "missing"))
    with pytest.raises(StartFault, match=r"^SNOWFLAKE_PRIVATE_KEY_FILE: cannot read .*missing"):
        load_settings()


def test_a_file_that_is_no_text_is_named(variable: SetVariable, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff")
    variable("PRIVATE_KEY_FILE", str(tmp_path / "binary"))
    with pytest.raises(StartFault, match=r"^SNOWFLAKE_PRIVATE_KEY_FILE: .* not UTF-8"):
        load_settings()


def test_a_bad_file_hides_no_other_fault(variable: SetVariable, tmp_path: Path) -> None:
    variable("PRIVATE_KEY_FILE", str(tmp_path / "missing"))
    variable("TOKEN_LIFETIME", "1s")
    with pytest.raises(StartFault) as fault:
        load_settings()
    assert len(fault.value.faults) == 2


def test_only_secrets_are_read_from_files(variable: SetVariable, tmp_path: Path) -> None:
    path = tmp_path / "value"
    path.write_text("settings", "utf-8")
    variable("ROOT_REDIRECT_FILE", str(path))
    assert load_settings().root_redirect == "repo"


@pytest.mark.parametrize("name", ["PRIVATE_KEY", "SECRET_KEY"])
def test_a_secret_is_seen_nowhere(variable: SetVariable, name: str) -> None:
    variable(name, SECRET)
    settings = load_settings()
    assert SECRET not in repr(settings) + str(settings) + str(settings.model_dump())


def test_a_bad_secret_is_not_repeated_in_its_fault_line(variable: SetVariable) -> None:
    variable("SECRET_KEY", "too-short-a-secret")
    with pytest.raises(StartFault) as fault:
        load_settings()
    assert "too-short-a-secret" not in str(fault.value) + repr(fault.value)


def test_settings_never_change() -> None:
    settings = load_settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.enable_docs = True


def test_unknown_variables_are_passed_over(variable: SetVariable) -> None:
    variable("SOMETHING_ELSE", "x")
    assert load_settings() == Settings()


def test_loopback_hosts_always_count(variable: SetVariable) -> None:
    variable("ALLOWED_HOSTS", "snowflake.example.com")
    serves = load_settings().serves
    assert all(map(serves, ["localhost", "foo.localhost", "127.0.0.1", "127.9.9.9", "[::1]"]))
    assert serves("snowflake.example.com")
    assert not any(map(serves, ["evil.example.com", "localhost.example.com", "128.0.0.1"]))


@pytest.mark.parametrize(
    ("issuer", "host"),
    [
        ("https://Login.Example.com", "login.example.com"),
        ("https://login.example.com:8443/base", "login.example.com"),
        ("https://[2001:db8:0::1]", "[2001:db8::1]"),
    ],
)
def test_the_host_of_the_issuer_always_counts(
    variable: SetVariable, issuer: str, host: str
) -> None:
    variable("ISSUER", issuer)
    assert load_settings().serves(host)


@pytest.mark.parametrize(
    ("enable", "root", "served"),
    [("false", "repo", False), ("true", "repo", True), ("false", "docs", True)],
)
def test_a_root_redirect_to_the_docs_turns_them_on(
    variable: SetVariable, enable: str, root: str, *, served: bool
) -> None:
    variable("ENABLE_DOCS", enable)
    variable("ROOT_REDIRECT", root)
    assert load_settings().docs is served


@pytest.mark.parametrize(
    ("allowed", "allows"), [("*", True), ("1,2", True), ("2", False), ("12", False)]
)
def test_a_client_must_be_on_the_list(variable: SetVariable, allowed: str, *, allows: bool) -> None:
    variable("ALLOWED_CLIENTS", allowed)
    assert load_settings().allows_client("1") is allows


@pytest.mark.parametrize(
    ("scheme", "host", "loopback", "secure"),
    [
        ("https", "example.com", "true", True),
        ("https", "example.com", "false", True),
        ("http", "example.com", "true", False),
        ("http", "localhost", "true", True),
        ("http", "[::1]", "true", True),
        ("http", "localhost", "false", False),
        ("ftp", "localhost", "true", False),
    ],
)
def test_a_login_travels_by_https_or_stays_on_the_machine(
    variable: SetVariable, scheme: str, host: str, loopback: str, *, secure: bool
) -> None:
    variable("TREAT_LOOPBACK_AS_SECURE", loopback)
    assert load_settings().is_secure(scheme, host) is secure


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_an_issuer_brings_its_path(variable: SetVariable) -> None:
    variable("ISSUER", "https://example.com/login")
    assert load_settings().path == "/login"


def test_an_issuer_with_another_path_than_the_base_path_stops_the_start(
    variable: SetVariable,
) -> None:
    variable("ISSUER", "https://example.com/login")
    variable("BASE_PATH", "/auth")
    with pytest.raises(StartFault) as fault:
        load_settings()
    assert fault.value.faults == ("SNOWFLAKE_ISSUER: must have the path of SNOWFLAKE_BASE_PATH",)


def test_a_variable_that_is_none_is_told_with_a_guess(variable: SetVariable) -> None:
    variable("ISUER", "https://example.com")
    variable("PRIVATE_KEY_FILE", "")
    assert unknown_variables() == [
        "SNOWFLAKE_ISUER is no variable of Snowflake; is SNOWFLAKE_ISSUER meant?"
    ]
