"""Signing in without a browser, through the whole sandbox."""

import time
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from snowflake.sandbox import check as check_module
from snowflake.sandbox.check import CheckFailed, sign_in, sign_in_by_code
from snowflake.sandbox.demo import Sandbox, running
from snowflake.sandbox.discord import CAST, Person
from tests.sandbox.conftest import Switch

CONSENT = '<form method="post"><input name="person" value="1" data-username="one"></form>'


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running() as sandbox:
        yield sandbox


@pytest.mark.parametrize("person", CAST, ids=lambda person: person.username)
def test_everybody_of_the_cast_can_sign_in(sandbox: Sandbox, person: Person) -> None:
    claims = sign_in(sandbox.example, person.username)
    assert claims["sub"] == person.id
    assert len(claims["groups"]) == len(person.guilds)


@pytest.mark.parametrize("name", ["fresh.start", "at.the.door", "loud.lars", "cat.fancier"])
def test_so_can_those_who_are_there_for_the_gates(sandbox: Sandbox, name: str) -> None:
    assert sign_in(sandbox.example, name)["preferred_username"] == name


def test_the_sandbox_has_a_bot_and_knows_where_registered_clients_come_back(
    sandbox: Sandbox,
) -> None:
    response = httpx.get(
        f"{sandbox.discord}/api/v10/applications/@me",
        headers={
            "Authorization": f"Bot {sandbox.bot_token}",
            "User-Agent": "DiscordBot (https://example.com, 1)",
        },
    )
    application = response.json()
    assert application["id"] == sandbox.client_id
    assert f"{sandbox.snowflake}/callback" in application["redirect_uris"]


def test_a_person_is_known_by_id_too(sandbox: Sandbox) -> None:
    assert sign_in(sandbox.example, CAST[2].id)["sub"] == CAST[2].id


def test_without_a_person_it_is_the_first_of_the_cast(sandbox: Sandbox) -> None:
    assert sign_in(sandbox.example)["sub"] == CAST[0].id


def test_at_the_television_somebody_signs_in_by_a_code(sandbox: Sandbox) -> None:
    claims = sign_in_by_code(str(sandbox.television), "noor_ibrahim")
    assert claims["preferred_username"] == "noor_ibrahim"


def test_a_person_who_is_not_there_is_named_with_those_who_are(sandbox: Sandbox) -> None:
    with pytest.raises(CheckFailed, match=r"does not know nobody.*ada\.lindqvist"):
        sign_in(sandbox.example, "nobody")


def test_an_example_that_is_down_is_said() -> None:
    with pytest.raises(CheckFailed, match="No answer while beginning the sign-in"):
        sign_in("http://localhost:9")


def pages(**answers: Response) -> Starlette:
    """An application with an answer for a path's name, and for a submitted form."""

    async def answer(request: Request) -> Response:
        name = "submitted" if request.method == "POST" else request.url.path.strip("/")
        return answers.get(name.replace(".", "_"), Response(status_code=404))

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])


def check(origin: str, switch: Switch, **answers: Response) -> str:
    switch.target = pages(**answers)
    with pytest.raises(CheckFailed) as failed:
        sign_in(origin)
    return str(failed.value)


def test_no_consent_page_is_said_with_the_reason(origin: str, switch: Switch) -> None:
    reason = JSONResponse({"error": "invalid_client", "error_description": "Bad secret."}, 400)
    message = check(origin, switch, login=HTMLResponse("", 400), result_json=reason)
    assert message.endswith("no consent page came: Bad secret.")


def test_no_consent_page_is_said_with_the_status(origin: str, switch: Switch) -> None:
    message = check(origin, switch, login=HTMLResponse("", 502))
    assert message.endswith(f"no consent page came: {origin}/login answered 502.")


def test_a_failure_after_the_consent_is_said(origin: str, switch: Switch) -> None:
    reason = JSONResponse({"error": "x", "error_description": "Too late."}, 400)
    message = check(origin, switch, login=HTMLResponse(CONSENT), result_json=reason)
    assert message.endswith("failed after it: Too late.")


@pytest.mark.parametrize("answer", [HTMLResponse("no JSON"), JSONResponse([])])
def test_a_result_that_is_none_is_said(origin: str, switch: Switch, answer: Response) -> None:
    message = check(origin, switch, login=HTMLResponse(CONSENT), result_json=answer)
    assert message.endswith(f"{origin}/result.json answered 200.")


def test_no_answer_after_the_consent_is_said(origin: str, switch: Switch) -> None:
    away = RedirectResponse("http://localhost:9", 303)
    message = check(origin, switch, login=HTMLResponse(CONSENT), submitted=away)
    assert message.startswith("No answer after the consent")


def test_the_chosen_person_is_submitted_to_the_forms_address(origin: str, switch: Switch) -> None:
    seen: list[httpx.URL | bytes] = []

    async def login(request: Request) -> Response:
        return HTMLResponse(CONSENT.replace("<form", '<form action="/there?a=1"'))

    async def there(request: Request) -> Response:
        seen.extend([httpx.URL(str(request.url)), await request.body()])
        return Response()

    async def result(request: Request) -> Response:
        return JSONResponse({"claims": {"sub": "1"}})

    switch.target = Starlette(
        routes=[
            Route("/login", login),
            Route("/there", there, methods=["POST"]),
            Route("/result.json", result),
        ]
    )
    assert sign_in(origin, "one") == {"sub": "1"}
    assert seen == [httpx.URL(f"{origin}/there?a=1"), b"person=1&decision=authorize"]


def at_television(origin: str, switch: Switch, **answers: Response) -> str:
    switch.target = pages(**answers)
    with pytest.raises(CheckFailed) as failed:
        sign_in_by_code(origin)
    return str(failed.value)


def test_a_television_without_a_code_is_said(origin: str, switch: Switch) -> None:
    reason = JSONResponse({"error": "x", "error_description": "Not for you."}, 400)
    message = at_television(origin, switch, login=Response(), result_json=reason)
    assert message.endswith("shows no code: Not for you.")
    assert at_television(origin, switch).endswith("shows no code: no address")


def test_a_television_that_never_hears_of_it_is_said(
    origin: str, switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_module, "PATIENCE", 2)
    monkeypatch.setattr(check_module, "GLANCE", 1)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    waits = JSONResponse({"verification_uri_complete": f"{origin}/device"}, 202)
    allowing = HTMLResponse('<form><button name="answer" value="allow">Allow</button></form>')
    answers = {"result_json": waits, "device": allowing, "submitted": HTMLResponse("Done")}
    assert "has not heard of it" in at_television(origin, switch, **answers)


def test_a_television_at_which_it_failed_is_said(origin: str, switch: Switch) -> None:
    waits = JSONResponse({"verification_uri_complete": f"{origin}/device"}, 202)
    denied = JSONResponse({"error": "access_denied", "error_description": "Denied."}, 400)
    told = [waits, waits, denied, denied]

    async def answer(request: Request) -> Response:
        return told.pop(0) if request.url.path == "/result.json" else HTMLResponse("")

    switch.target = Starlette(routes=[Route("/{path:path}", answer)])
    with pytest.raises(CheckFailed, match="failed after it: Denied"):
        sign_in_by_code(origin)
