"""Snowflake as a process: workers, signals, restarts and the log."""

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from snowflake.sandbox.discord import Failure
from tests.journeys.browser import Browser, arrival
from tests.journeys.relying_party import Secrets, error_of, tokens_of
from tests.journeys.world import ADA, BOT_TOKEN, CLIENT_SECRET, World, sign_in, variables
from tests.journeys.world import world as running_world
from tests.serving import free_port, snowflake

#: Uvicorn ends in order, and then by the signal that it got.
CLEAN = {0, -signal.SIGTERM}


def test_any_worker_goes_on_with_what_another_began(tmp_path: Path, browser: Browser) -> None:
    with running_world(tmp_path, {}, "--workers", "2") as running:
        party = running.party()
        for _ in range(8):
            # Nobody keeps a connection, so that any worker may get the next request.
            browser.http.headers["Connection"] = party.http.headers["Connection"] = "close"
            claims, _ = sign_in(party, browser)
            assert claims["sub"] == ADA


def test_headers_that_are_too_long_are_refused(world: World) -> None:
    # By the server, before anything of Snowflake sees them.
    response = world.http.get(f"{world.snowflake.origin}/health", headers={"X": "x" * 66_000})
    assert response.status_code == 431
    assert "x-request-id" not in response.headers


def test_the_metrics_of_all_workers_are_summed_at_a_port_of_their_own(tmp_path: Path) -> None:
    port = free_port()
    settings = {"SNOWFLAKE_METRICS": f"127.0.0.1:{port}"}
    with snowflake(tmp_path, settings, "--workers", "2") as running:
        for _ in range(8):
            # Each a connection of its own, so that any worker may get it.
            assert httpx.get(f"{running.origin}/metrics", trust_env=False).status_code == 404
        told = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    assert 'snowflake_requests_total{method="GET",route="unknown",status="404"} 8.0' in told


def test_the_start_says_what_is_configured_and_asks_discord_once_for_all_workers(
    tmp_path: Path, browser: Browser
) -> None:
    settings = {"SNOWFLAKE_DISCORD_BOT_TOKEN": BOT_TOKEN, "SNOWFLAKE_LOG_FORMAT": "json"}
    with running_world(tmp_path, settings, "--workers", "2", file="") as running:
        log = running.snowflake
        log.wait_until(lambda: log.log.count("discord_asked") == 2)
        log.wait_until(lambda: log.log.count("Application startup complete") == 2)
        assert sign_in(running.party(), browser)[0]["sub"] == ADA
        lines = [json.loads(line) for line in log.log.splitlines()]
    [told] = [line for line in lines if line["event"] == "configuration"]
    assert told["configuration_file"] == str(tmp_path / "snowflake.toml")
    assert told["trusted_proxies"] == "127.0.0.1,::1"
    assert told["discord_applications"].startswith("any may sign people in")
    asked = [line for line in lines if line["event"] == "discord_asked"]
    assert {(line["level"], line["message"].partition(":")[0]) for line in asked} == {
        ("info", "application"),
        ("info", "bot"),
    }
    assert len(asked) == 2


def test_workers_redeem_a_code_once(tmp_path: Path, browser: Browser) -> None:
    with running_world(tmp_path, {}, "--workers", "2") as running, ThreadPoolExecutor(4) as threads:
        party, login = running.party(), Secrets()
        code = party.code(login, browser.sign_in(party.begin(login), ADA))
        answers = list(threads.map(lambda _: party.redeem(login, code), range(4)))
        one, *others = sorted(answer.status_code for answer in answers)
        # Whoever comes while another is at it may come again.
        assert one == 200
        assert set(others) <= {400, 503}


def test_a_login_under_way_is_finished_before_the_end(tmp_path: Path, browser: Browser) -> None:
    with running_world(tmp_path) as running, ThreadPoolExecutor(1) as thread:
        party, login = running.party(), Secrets()
        code = party.code(login, browser.sign_in(party.begin(login), ADA))
        running.discord.fail("token", Failure.HANG)
        before = len(running.discord.requests)
        answer = thread.submit(party.redeem, login, code)
        running.snowflake.wait_until(lambda: len(running.discord.requests) > before)
        running.snowflake.process.send_signal(signal.SIGTERM)
        running.snowflake.wait_until(lambda: "Shutting down" in running.snowflake.log)
        running.discord.heal()
        tokens_of(answer.result())
        assert running.snowflake.process.wait(20) in CLEAN


def test_a_login_survives_a_restart(world: World, tmp_path: Path, browser: Browser) -> None:
    login, settings = Secrets(), variables(world.discord_origin)
    with snowflake(tmp_path, settings) as running:
        port, party = running.port, world.party(running.origin)
        consent = browser.open(party.begin(login))
    with snowflake(tmp_path, settings, port=port):
        code = party.code(login, arrival(browser.allow(consent, ADA)))
        assert party.claims(tokens_of(party.redeem(login, code)))["sub"] == ADA


@pytest.mark.parametrize("log_format", ["json", "pretty"])
def test_the_log_of_a_journey_tells_no_secret(
    log_format: str, tmp_path: Path, browser: Browser
) -> None:
    settings = {"SNOWFLAKE_LOG_LEVEL": "debug", "SNOWFLAKE_LOG_FORMAT": log_format}
    with running_world(tmp_path, settings) as running:
        party, login = running.party(), Secrets()
        arrived = browser.sign_in(party.begin(login), ADA)
        code = party.code(login, arrived)
        assert error_of(party.redeem(login, code, code_verifier="y" * 50), 400)
        running.discord.fail("token", Failure.BAD_GATEWAY)
        assert error_of(party.redeem(login, code), 503)
        tokens = tokens_of(party.redeem(login, code))
        person = party.userinfo(tokens)
        assert error_of(party.redeem(login, code), 400)
        running.discord.fail("me", Failure.WRONG_TYPES)
        second = Secrets()
        again = party.code(second, browser.sign_in(party.begin(second, prompt="login"), ADA))
        assert error_of(party.redeem(second, again), 503)
        browser.open(f"{party.issuer}/r/https://app.example.com/?code=none&state=none")
        last = browser.open(f"{party.issuer}/unheard-of?token=none").headers["x-request-id"]
        running.snowflake.wait_until(lambda: last in running.snowflake.log)

        told = [
            *(login.state, login.nonce, login.verifier, code, again, arrived, CLIENT_SECRET),
            *(tokens["access_token"], tokens["id_token"], person["email"], person["name"]),
            *(cookie.value or "" for cookie in browser.http.cookies.jar),
        ]
        for request in running.discord.requests:
            told += [request.query.get("state", ""), (request.form or {}).get("code", "")]
            told += [(request.form or {}).get("code_verifier", "")]
            told += [request.headers.get("authorization", "").removeprefix("Bearer ")]
        log = running.snowflake.log
        assert "/token" in log
        assert [secret for secret in told if secret and secret in log] == []
        assert "?" not in log
        assert "unheard-of" not in log


def test_the_reference_on_a_page_is_in_the_log(world: World, browser: Browser) -> None:
    page = browser.open(f"{world.snowflake.origin}/r/https://app.example.com/")
    reference = page.headers["x-request-id"]
    assert reference in page.text
    world.snowflake.wait_until(lambda: reference in world.snowflake.log)
