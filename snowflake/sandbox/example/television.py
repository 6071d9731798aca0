"""A television: it has a screen and no keyboard, and people sign in to it with their telephone."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import segno
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from snowflake.sandbox.example.device_flow import DeviceFlow, Waiting
from snowflake.sandbox.example.device_steps import Allowed, device_steps
from snowflake.sandbox.example.failures import explain
from snowflake.sandbox.example.relying_party import relying_party
from snowflake.sandbox.example.results import Failure, Kept, Success
from snowflake.sandbox.example.steps import pretty
from snowflake.sandbox.example.surroundings import Surroundings
from snowflake.sandbox.pages import Pages

PATH: Final = "/television"
#: The name, in the session of a browser, of what its television shows.
KEY: Final = "television"
_HERE: Final = Path(__file__).parent

Shown = Success | Failure | Waiting


class Television:
    """The endpoints, all of them below ``PATH``. ``issuer`` has no slash at its end."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        surroundings: Surroundings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._provider = relying_party(issuer, client_id, None)
        self._flow = DeviceFlow(self._provider, clock)
        self._shown: Kept[Shown] = Kept()
        self._pages = Pages(_HERE / "templates")
        named = replace(
            surroundings,
            name="Television",
            slogan="It has no keyboard, and asks you to sign in on another device.",
        )
        self._context: dict[str, Any] = {
            "application": named.name,
            "surroundings": named,
            "base": PATH,
            "home": PATH,
        }

    @property
    def routes(self) -> list[BaseRoute]:
        """What an application serves that has a television."""
        return [
            Route(PATH, self.home),
            Route(f"{PATH}/login", self.login),
            Route(f"{PATH}/code", self.code),
            Route(f"{PATH}/state", self.state),
            Route(f"{PATH}/result", self.result),
            Route(f"{PATH}/result.json", self.result_json),
            Route(f"{PATH}/logout", self.logout, methods=["POST"]),
            Route(f"{PATH}/television.js", _script),
        ]

    async def home(self, request: Request) -> Response:
        """Offer to sign in."""
        is_signed_in = isinstance(self._last(request), Success)
        return self._page("television.html", is_signed_in=is_signed_in)

    async def login(self, request: Request) -> Response:
        """Begin a login (RFC 8628, section 3.1). One that was under way is left to expire."""
        shown: Shown
        try:
            shown = await self._flow.begin()
        except Exception as error:  # noqa: BLE001 - errors of three libraries, and of any answer
            shown = explain(error)
        self._shown.forget(request.session.get(KEY))
        request.session[KEY] = self._shown.add(shown)
        return RedirectResponse(f"{PATH}/code", status_code=303)

    async def code(self, request: Request) -> Response:
        """Show the code, until somebody has allowed the login, or not. It asks as it is loaded."""
        waiting = await self._asked(request)
        if not isinstance(waiting, Waiting):
            return RedirectResponse(f"{PATH}/result", status_code=303)
        answer, now = waiting.answer, self._flow.clock()
        complete = answer.get("verification_uri_complete", answer["verification_uri"])
        return self._page(
            "code.html",
            user_code=answer["user_code"],
            address=answer["verification_uri"],
            complete=complete,
            picture=_picture(complete),
            minutes=max(1, round((waiting.ends_at - now) / 60)),
            seconds=waiting.next_in(now),
        )

    async def state(self, request: Request) -> Response:
        """Tell the page's script whether there is something else to show, or when to ask again."""
        waiting = await self._asked(request)
        if isinstance(waiting, Waiting):
            return JSONResponse({"seconds": waiting.next_in(self._flow.clock())})
        return JSONResponse({"next": f"{PATH}/result"})

    async def result(self, request: Request) -> Response:
        """Show the last login."""
        match self._last(request):
            case Success() as success:
                return self._page(
                    "result.html",
                    claims=success.claims,
                    claims_json=pretty(success.claims),
                    steps=success.steps,
                )
            case Failure() as failure:
                return self._page("failure.html", failure=failure, status=failure.status)
            case Waiting():
                return RedirectResponse(f"{PATH}/code", status_code=303)
        return RedirectResponse(PATH, status_code=303)

    async def result_json(self, request: Request) -> Response:
        """Answer the claims of the last login, its error, or what it waits for, as JSON."""
        match await self._asked(request):
            case Success(claims=claims):
                return JSONResponse({"claims": dict(claims)})
            case Failure() as failure:
                body = {"error": failure.error, "error_description": failure.what}
                return JSONResponse(body, failure.status)
            case Waiting() as waiting:
                names = ("user_code", "verification_uri", "verification_uri_complete")
                body = {name: waiting.answer[name] for name in names if name in waiting.answer}
                return JSONResponse(body, 202)
        body = {"error": "not_signed_in", "error_description": "Nobody has signed in."}
        return JSONResponse(body, 404)

    async def logout(self, request: Request) -> Response:
        """Forget the last login; there is no session at the provider that would be its own."""
        self._shown.forget(request.session.pop(KEY, None))
        return RedirectResponse(PATH, status_code=303)

    async def _asked(self, request: Request) -> Shown | None:
        """Return what there is to show, after a question if one is due."""
        waiting = self._last(request)
        if not isinstance(waiting, Waiting):
            return waiting
        # Of two tabs, one would redeem the code and the other be told that it is used.
        async with waiting.turn:
            if self._last(request) is waiting:
                self._shown.replace(request.session[KEY], await self._outcome(waiting))
        return self._last(request)

    async def _outcome(self, waiting: Waiting) -> Shown:
        try:
            token = await self._flow.ask(waiting)
            return waiting if token is None else await self._finish(waiting, token)
        except Exception as error:  # noqa: BLE001 - errors of three libraries, and of any answer
            return explain(error)

    async def _finish(self, waiting: Waiting, token: dict[str, Any]) -> Success:
        # There is no nonce, for there was no front channel.
        claims = await self._provider.parse_id_token(token, nonce=None)
        if claims is None:
            raise ValueError("the token response has no ID token")
        userinfo = dict(await self._provider.userinfo(token=token))
        if userinfo.get("sub") != claims["sub"]:
            raise ValueError("UserInfo is about another person than the ID token")
        metadata = await self._provider.load_server_metadata()
        allowed = Allowed(
            begun_at=waiting.url,
            answer=waiting.answer,
            token_url=metadata["token_endpoint"],
            token_request=self._flow.question(waiting),
            token_response=token,
            userinfo_url=metadata["userinfo_endpoint"],
            userinfo=userinfo,
        )
        return Success({**claims, **userinfo}, device_steps(allowed), token["id_token"])

    def _page(self, template: str, *, status: int = 200, **context: object) -> Response:
        return self._pages.scripted(template, {**context, **self._context}, status=status)

    def _last(self, request: Request) -> Shown | None:
        return self._shown.get(request.session.get(KEY))


def _picture(address: str) -> str:
    """Return a QR code as an SVG that may stand inside a page which allows no style of its own.

    It stays dark on light by night, too: not every telephone reads the other way round.
    """
    code = segno.make_qr(address, error="m")
    return code.svg_inline(omitsize=True, dark="#000", light="#fff", border=4, svgclass=None)


async def _script(_: Request) -> Response:
    return Response(
        (_HERE / "templates" / "television.js").read_text("utf-8"),
        media_type="text/javascript",
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"},
    )
