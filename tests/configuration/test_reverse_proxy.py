import pytest

from snowflake.configuration import load_settings
from snowflake.configuration.reverse_proxy import trusted_proxies
from snowflake.errors import StartFault

TRUSTED = "UVICORN_FORWARDED_ALLOW_IPS"


@pytest.fixture(autouse=True)
def _of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "172.16.0.0/12",
        "10.0.0.1, 10.0.0.2",
        "::1,fd00::/8",
        "2001:db8::1",
        "127.0.0.1,",
        "",
    ],
)
def test_addresses_and_networks_may_be_trusted(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TRUSTED, value)
    load_settings()


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("traefik", "traefik is no IP address and no network such as 172.16.0.0/12"),
        ("127.0.0.1,proxy.internal", "proxy.internal is no IP address"),
        ("10.0.0.1:8000", "10.0.0.1:8000 is no IP address"),
        ("http://10.0.0.1", "http://10.0.0.1 is no IP address"),
        ("172.17.0.1/16", "172.17.0.1/16 is an address in a network; is 172.17.0.0/16 meant?"),
        ("10.0.0.0/33", "10.0.0.0/33 is no IP address"),
        ("172.16.*", "172.16.* is no IP address"),
        ("*,127.0.0.1", "* means everybody, and has to stand alone"),
    ],
)
@pytest.mark.parametrize("variable", [TRUSTED, "FORWARDED_ALLOW_IPS"])
def test_what_would_match_nobody_stops_the_start(
    variable: str, value: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(StartFault) as raised:
        load_settings()
    [line] = raised.value.faults
    assert line.startswith(f"{variable}: {fault}")


def test_what_says_neither_yes_nor_no_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UVICORN_PROXY_HEADERS", "maybe")
    with pytest.raises(StartFault) as raised:
        load_settings()
    assert raised.value.faults == ("UVICORN_PROXY_HEADERS: must be true or false",)


@pytest.mark.parametrize(
    ("variables", "trusted"),
    [
        ({}, "127.0.0.1,::1"),
        ({TRUSTED: ""}, "127.0.0.1,::1"),
        ({"FORWARDED_ALLOW_IPS": "10.0.0.1"}, "10.0.0.1"),
        ({"FORWARDED_ALLOW_IPS": "10.0.0.1", TRUSTED: "10.0.0.2"}, "10.0.0.2"),
        ({TRUSTED: "10.0.0.1", "UVICORN_PROXY_HEADERS": "true"}, "10.0.0.1"),
        ({TRUSTED: "10.0.0.1", "UVICORN_PROXY_HEADERS": "0"}, ""),
    ],
)
def test_the_variables_are_read_as_uvicorn_reads_them(
    variables: dict[str, str], trusted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert trusted_proxies() == trusted
