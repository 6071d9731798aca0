"""The example's pages."""

from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from snowflake.sandbox.example.failures import explain
from snowflake.sandbox.example.relying_party import relying_party
from snowflake.sandbox.example.results import Failure, Result, Results, Success
from snowflake.sandbox.example.steps import Exchanged, pretty, steps
from snowflake.sandbox.pages import STYLE, Pages

COOKIE = "example-session"


def create_example(
    issuer: str, client_id: str, client_secret: str | None, secret_key: str
) -> Starlette:
    """Return the example application.

    It signs people in at ``issuer``, which has no slash at its end, as the given client, whose
    redirect URI is the application's origin and ``/callback``. ``secret_key`` signs its sessions.
    """
    example = Example(relying_party(issuer, client_id, client_secret))
    return Starlette(
        routes=[
            Route("/", example.home),
            Route("/login", example.login),
            Route("/callback", example.callback, name="callback"),
            Route("/result", example.result),
            Route("/result.json", example.result_json),
            Route("/logout", example.logout, methods=["POST"]),
            STYLE,
        ],
        middleware=[
            Middleware(
                SessionMiddleware, secret_key=secret_key, session_cookie=COOKIE, max_age=None
            )
        ],
    )


class Example:
    """The endpoints. ``provider`` is an Authlib client, which has no types."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self._results = Results()
        self._pages = Pages(Path(__file__).parent / "templates")

    async def home(self, request: Request) -> Response:
        """Offer to sign in."""
        return self._pages.page("home.html", {"result": self._last(request)})

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
        """Forget the last login."""
        self._results.forget(request.session.get("result"))
        request.session.clear()
        return RedirectResponse("/", status_code=303)

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
        return Success({**id_claims, **userinfo}, steps(exchanged))

    def _failed(self, request: Request, failure: Failure) -> Response:
        self._remember(request, failure)
        return self._page(failure)

    def _page(self, result: Result) -> Response:
        if isinstance(result, Failure):
            return self._pages.page("failure.html", {"failure": result}, status=result.status)
        context = {
            "claims": result.claims,
            "claims_json": pretty(result.claims),
            "steps": result.steps,
        }
        return self._pages.page("result.html", context)

    def _remember(self, request: Request, result: Result) -> None:
        self._results.forget(request.session.get("result"))
        request.session["result"] = self._results.add(result)

    def _last(self, request: Request) -> Result | None:
        return self._results.get(request.session.get("result"))
