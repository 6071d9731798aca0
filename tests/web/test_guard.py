import pytest

from snowflake.settings import Settings
from tests.raw import HOST, send_raw
from tests.running import Clock, Discord, Snowflake, running

CONFIGURATION = "/.well-known/openid-configuration"


async def status_by(snowflake: Snowflake, host: bytes, scheme: str = "https") -> int:
    response = await send_raw(
        snowflake.app, CONFIGURATION, headers=[(b"host", host)], scope={"scheme": scheme}
    )
    return response.status


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"snowflake.example.com", 200),
        (b"SNOWFLAKE.EXAMPLE.COM", 200),
        (b"snowflake.example.com:443", 200),
        (b"snowflake.example.com.", 200),
        (b"localhost", 200),
        (b"127.0.0.1:8000", 200),
        (b"[::1]:8000", 200),
        (b"[::1]", 200),
        (b"foo.localhost", 200),
        (b"127.9.9.9:8000", 200),
        (b"evil.example.com", 400),
        (b"snowflake.example.com.evil.com", 400),
        (b"evil.com#snowflake.example.com", 400),
        (b"me@snowflake.example.com", 400),
        (b"snowflake.example.com:port", 400),
        (b"snowflake.example.com:123456", 400),
        (b"snowflake.example.com/path", 400),
        (b"snowflake.example.com evil.com", 400),
        (b"::1", 400),
        (b"[::1", 400),
        (b"", 400),
        (b"\xff\xfe", 400),
    ],
)
async def test_it_may_be_reached_by_its_own_names_alone(
    snowflake: Snowflake, host: bytes, status: int
) -> None:
    assert await status_by(snowflake, host) == status


@pytest.mark.parametrize(
    ("allowed", "host", "status"),
    [
        ("*.example.com", b"a.example.com", 200),
        ("*.example.com", b"a.b.example.com:8443", 200),
        ("*.example.com", b"example.com", 400),
        ("*.example.com", b"notexample.com", 400),
        ("192.0.2.1", b"192.0.2.1:8000", 200),
        ("2001:db8::1", b"[2001:db8::1]:8000", 200),
        ("2001:db8::1", b"[2001:DB8:0::1]", 200),
        ("*", b"anything.example", 200),
        ("*", b"any thing", 400),
        ("*", b"a" * 261, 400),
    ],
)
async def test_hosts_may_be_addresses_and_wildcards(
    settings: Settings, clock: Clock, discord: Discord, *, allowed: str, host: bytes, status: int
) -> None:
    configured = settings.model_copy(update={"allowed_hosts": (allowed,)})
    async with running(configured, clock, discord) as snowflake:
        assert await status_by(snowflake, host) == status


@pytest.mark.parametrize(
    ("host", "loopback", "status"),
    [
        (b"snowflake.example.com", True, 400),
        (b"localhost:8000", True, 200),
        (b"127.0.0.1", True, 200),
        (b"[::1]:8000", True, 200),
        (b"foo.localhost:8000", True, 200),
        (b"localhost:8000", False, 400),
        (b"foo.localhost:8000", False, 400),
    ],
)
async def test_plain_http_is_for_the_machine_itself(
    settings: Settings,
    clock: Clock,
    discord: Discord,
    *,
    host: bytes,
    loopback: bool,
    status: int,
) -> None:
    configured = settings.model_copy(update={"treat_loopback_as_secure": loopback})
    async with running(configured, clock, discord) as snowflake:
        assert await status_by(snowflake, host, "http") == status


@pytest.mark.parametrize("path", [CONFIGURATION, "/authorize", "/health"])
@pytest.mark.parametrize(
    "hosts",
    [(HOST[1], HOST[1]), (HOST[1], b"evil.example.com"), (b"evil.example.com", HOST[1])],
    ids=["the same", "ours first", "ours last"],
)
async def test_two_hosts_are_none(
    snowflake: Snowflake, path: str, hosts: tuple[bytes, bytes]
) -> None:
    response = await send_raw(snowflake.app, path, headers=[(b"host", host) for host in hosts])
    assert response.status == 400
    assert b"more than one host" in response.body


async def test_whoever_watches_the_process_need_name_no_host(snowflake: Snowflake) -> None:
    # As HTTP/1.0 allows, which load balancers speak.
    response = await send_raw(snowflake.app, "/health", scope={"headers": []})
    assert response.status == 200


@pytest.mark.parametrize(
    ("path", "kind"), [("/authorize", "text/html; charset=utf-8"), ("/token", "application/json")]
)
async def test_a_refusal_says_which_variable_to_set(
    snowflake: Snowflake, path: str, kind: str
) -> None:
    by_name = await send_raw(snowflake.app, path, headers=[(b"host", b"evil.example.com")])
    plain = await send_raw(snowflake.app, path, scope={"scheme": "http"})
    assert b"SNOWFLAKE_ALLOWED_HOSTS" in by_name.body
    assert b"UVICORN_FORWARDED_ALLOW_IPS" in plain.body
    assert by_name.headers["content-type"] == plain.headers["content-type"] == kind


@pytest.mark.parametrize(
    "host", [b"localhost:65536", b"localhost:99999", b"localhost:", b"a b", b"a." * 150]
)
async def test_a_host_that_no_url_can_have_is_refused(snowflake: Snowflake, host: bytes) -> None:
    response = await send_raw(
        snowflake.app, "/.well-known/openid-configuration", headers=[(b"host", host)]
    )
    assert response.status == 400
