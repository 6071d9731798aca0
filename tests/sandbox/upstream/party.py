"""A client at the simulated provider, as its redirects and its requests."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from snowflake.sandbox.upstream import PEOPLE, Client, SimulatedProvider

ADA = PEOPLE[0]
REDIRECT_URI = "https://snowflake.example.com/linked-role/upstream"
CLIENT = Client(
    "linked-roles", "correct horse+battery", "Guild <Roles>", (REDIRECT_URI, f"{REDIRECT_URI}?a=1")
)
SCOPE = "openid profile email offline_access"
# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
BASE = "/application/o"


def without_none(parameters: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if value is not None}


@dataclass(frozen=True)
class Party:
    provider: SimulatedProvider
    browser: httpx.Client

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request; None leaves one out."""
        return without_none(
            {
                "client_id": CLIENT.id,
                "redirect_uri": REDIRECT_URI,
                "response_type": "code",
                "scope": SCOPE,
                "state": "a+b/c=d&é\n",
                "nonce": "the nonce",
                "code_challenge": CHALLENGE,
                "code_challenge_method": "S256",
                **changes,
            }
        )

    def ask(self, **changes: str | None) -> httpx.Response:
        return self.browser.get(f"{BASE}/authorize/", params=self.request(**changes))

    def decide(
        self, person: str = ADA.sub, decision: str = "continue", **changes: str | None
    ) -> httpx.Response:
        return self.browser.post(
            f"{BASE}/authorize/",
            params=self.request(**changes),
            data={"person": person, "decision": decision},
        )

    def code(self, person: str = ADA.sub, **changes: str | None) -> str:
        return returned(self.decide(person, "continue", **changes))["code"]

    def redeem(self, code: str, **changes: str | None) -> httpx.Response:
        return self.post(
            "token",
            **{
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": REDIRECT_URI,
                "code_verifier": VERIFIER,
                **changes,
            },
        )

    def refresh(self, refresh_token: str, **changes: str | None) -> httpx.Response:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **changes}
        return self.post("token", **form)

    def post(self, path: str, **changes: str | None) -> httpx.Response:
        form = {"client_id": CLIENT.id, "client_secret": CLIENT.secret, **changes}
        return self.browser.post(f"{BASE}/{path}/", data=without_none(form))

    def tokens(self, person: str = ADA.sub, **changes: str | None) -> dict[str, Any]:
        response = self.redeem(self.code(person, **changes))
        assert response.status_code == 200
        tokens: dict[str, Any] = response.json()
        return tokens

    def userinfo(self, access_token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.browser.get(f"{BASE}/userinfo/", headers=headers)


def returned(response: httpx.Response) -> dict[str, str]:
    """The parameters with which the browser is sent back."""
    assert response.status_code == 303
    return dict(parse_qsl(urlsplit(response.headers["location"]).query, keep_blank_values=True))
