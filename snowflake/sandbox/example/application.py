"""The example's pages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from snowflake.sandbox.example.failures import explain
from snowflake.sandbox.example.logout import BadLogoutToken, session_of
from snowflake.sandbox.example.relying_party import relying_party
from snowflake.sandbox.example.results import Failure, Result, Results, SignedOut, Success
from snowflake.sandbox.example.steps import Exchanged, pretty, steps
from snowflake.sandbox.example.surroundings import Surroundings
from snowflake.sandbox.example.television import Television
from snowflake.sandbox.pages import STYLE, Pages

COOKIE = "example-session"


def create_example(
    issuer: str,
    client_id: str,
    client_secret: str | None,
    secret_key: str,
    surroundings: Surroundings | None = None,
) -> Starlette:
    """Return the example application, and a television if its ``surroundings`` have one.

    It signs people in at ``issuer``, which has no slash at its end, as the given client, whose
    redirect URI is the application's origin and ``/callback``. ``secret_key`` signs its sessions.
    """
    surroundings = surroundings or Surroundings()
    example = Example(relying_party(issuer, client_id, client_secret), surroundings, issuer)
    television: list[BaseRoute] = []
    if surroundings.television is not None:
        television = Television(issuer, surroundings.television, surroundings).routes
    # Applications on one host share their cookies, whatever their ports are.
    cookie = COOKIE if surroundings.is_first else f"{COOKIE}-{client_id}"
    return Starlette(
        routes=[
            Route("/", example.home, name="home"),
            Route("/login", example.login),
            Route("/callback", example.callback, name="callback"),
            Route("/result", example.result),
            Route("/result.json", example.result_json),
            Route("/logout", example.logout, methods=["POST"]),
            Route("/backchannel-logout", example.backchannel_logout, methods=["POST"]),
            Route("/frontchannel-logout", example.frontchannel_logout),
            *television,
            STYLE,
        ],
        middleware=[
            Middleware(
                SessionMiddleware, secret_key=secret_key, session_cookie=cookie, max_age=None
            )
        ],
    )


class Example:
    """The endpoints. ``provider`` is an Authlib client, which has no types."""

    def __init__(self, provider: Any, surroundings: Surroundings, issuer: str) -> None:
        self._provider, self._issuer = provider, issuer
        self._shown: dict[str, Any] = {
            "application": surroundings.name,
            "surroundings": surroundings,
            "base": "",
            "home": "/",
        }
        self._results = Results()
        self._pages = Pages(Path(__file__).parent / "templates")

    async def home(self, request: Request) -> Response:
        """Offer to sign in."""
        result = self._last(request)
        is_signed_in = isinstance(result, Success)
        signed_out = result if isinstance(result, SignedOut) else None
        context = {
            "result": result if signed_out is None else None,
            "is_signed_in": is_signed_in,
            "signed_out": signed_out,
        }
        return self._show("home.html", context)

    async def login(self, request: Request) -> Response:
        """Send the browser to the provider (OpenID Connect Core 1.0, section 3.1.2.1).

        ``prompt`` goes along, for who wants to sign in as somebody else.
        """
        prompt = {name: value for name, value in request.query_params.items() if name == "prompt"}
        try:
            redirect: Response = await self._provider.authorize_redirect(
                request, request.url_for("callback"), **prompt
            )
        except Exception as error:  # noqa: BLE001 - errors of three libraries, and of any answer
            return self._failed(request, explain(error))
        return redirect

    async def callback(self, request: Request) -> Response:
        """Finish the login (OpenID Connect Core 1.0, sections 3.1.2.5 to 3.1.3.7 and 5.3)."""
        try:
            success = await self._finish(request)
        except Exception as error:  # noqa: BLE001 - errors of three libraries, and of any answer
            return self._failed(request, explain(error))
        self._remember(request, success)
        return RedirectResponse("/result", status_code=303)

    async def result(self, request: Request) -> Response:
        """Show the last login."""
        result = self._last(request)
        if result is None:
            return RedirectResponse("/", status_code=303)
        return self._page(result)

    async def result_json(self, request: Request) -> Response:
        """Answer the claims of the last login, or its error, as JSON."""
        match self._last(request):
            case Success(claims=claims):
                return JSONResponse({"claims": dict(claims)})
            case Failure() as failure:
                body = {"error": failure.error, "error_description": failure.what}
                return JSONResponse(body, failure.status)
            case _:
                body = {"error": "not_signed_in", "error_description": "Nobody has signed in."}
                return JSONResponse(body, 404)

    async def logout(self, request: Request) -> Response:
        """Forget the last login, and sign out at the provider (RP-Initiated Logout 1.0)."""
        result = self._last(request)
        if result is not None:
            self._remember(request, SignedOut())
        metadata = await self._provider.load_server_metadata()
        endpoint = metadata.get("end_session_endpoint")
        if not isinstance(result, Success) or result.sid is None or endpoint is None:
            return RedirectResponse("/", status_code=303)
        asked = {
            "id_token_hint": result.id_token,
            "post_logout_redirect_uri": str(request.url_for("home")),
        }
        return RedirectResponse(f"{endpoint}?{urlencode(asked)}", status_code=303)

    async def backchannel_logout(self, request: Request) -> Response:
        """End a session of which the provider's server says so (section 2.5)."""
        headers = {"Cache-Control": "no-store"}
        sent = dict(parse_qsl((await request.body()).decode("ascii", errors="replace")))
        try:
            sid = await session_of(sent.get("logout_token", ""), self._provider)
        except BadLogoutToken as error:
            body = {"error": "invalid_request", "error_description": str(error)}
            return JSONResponse(body, 400, headers)
        self._results.end(sid, "back channel")
        return Response(status_code=200, headers=headers)

    async def frontchannel_logout(self, request: Request) -> Response:
        """End a session in a frame of the provider's page (Front-Channel Logout 1.0, section 2)."""
        result = self._last(request)
        asked = (request.query_params.get("iss"), request.query_params.get("sid"))
        sid = result.sid if isinstance(result, Success) else None
        if sid is not None and asked == (self._issuer, sid):
            self._results.end(sid, "front channel")
        # An issuer may have a path, and a page in a frame is told of origins alone.
        provider = "{0.scheme}://{0.netloc}".format(urlsplit(self._issuer))
        policy = f"default-src 'none'; frame-ancestors {provider}"
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
        return HTMLResponse("", headers=headers)

    async def _finish(self, request: Request) -> Success:
        provider = self._provider
        # Authlib forgets what it sent as soon as the answer is in, and this application shows it.
        sent = await provider.framework.get_state_data(
            request.session, request.query_params.get("state")
        )
        token = await provider.authorize_access_token(request)
        id_claims = token.get("userinfo")
        if id_claims is None:
            raise ValueError("the token response has no ID token")
        userinfo = dict(await provider.userinfo(token=token))
        if userinfo.get("sub") != id_claims["sub"]:
            # A token of somebody else, put in place of ours (section 5.3.2).
            raise ValueError("UserInfo is about another person than the ID token")
        metadata = await provider.load_server_metadata()
        exchanged = Exchanged(
            authorization_url=sent["url"],
            callback_url=str(request.url),
            token_url=metadata["token_endpoint"],
            token_request={
                "grant_type": "authorization_code",
                "code": request.query_params["code"],
                "redirect_uri": sent["redirect_uri"],
                "code_verifier": sent["code_verifier"],
            },
            token_response={
                name: value
                for name, value in token.items()
                if name not in {"userinfo", "expires_at"}  # Authlib's own
            },
            userinfo_url=metadata["userinfo_endpoint"],
            userinfo=userinfo,
        )
        return Success({**id_claims, **userinfo}, steps(exchanged), token["id_token"])

    def _failed(self, request: Request, failure: Failure) -> Response:
        self._remember(request, failure)
        return self._page(failure)

    def _page(self, result: Result) -> Response:
        if isinstance(result, Failure):
            return self._show("failure.html", {"failure": result}, status=result.status)
        if isinstance(result, SignedOut):
            return RedirectResponse("/", status_code=303)
        # Its button leads to the provider, and back.
        return self._pages.choice(
            "result.html",
            claims=result.claims,
            claims_json=pretty(result.claims),
            steps=result.steps,
            **self._shown,
        )

    def _show(self, template: str, context: Mapping[str, object], status: int = 200) -> Response:
        return self._pages.page(template, {**context, **self._shown}, status=status)

    def _remember(self, request: Request, result: Result) -> None:
        self._results.forget(request.session.get("result"))
        request.session["result"] = self._results.add(result)

    def _last(self, request: Request) -> Result | None:
        return self._results.get(request.session.get("result"))
