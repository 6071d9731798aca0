"""An application at the simulated Discord, as its redirects and its requests."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from snowflake.sandbox.discord import BOT_GUILDS, Application, Bot
from snowflake.sandbox.discord.cast import people_at
from tests.running import NOW

EVERYBODY = people_at(NOW)
ADA = EVERYBODY[0].id
REDIRECT_URI = "https://snowflake.example.com/r/https://app.example.com/callback"
APPLICATION = Application(
    id="1056005449054429204",
    name="Lighthouse <Portal>",
    secret="correct-horse",
    redirect_uris=(REDIRECT_URI, f"{REDIRECT_URI}?kept=1"),
    bot=Bot("the.bots-own.token", BOT_GUILDS),
)
SCOPE = "identify email guilds guilds.members.read"


@dataclass(frozen=True)
class Party:
    application: Application
    browser: httpx.Client
    api: httpx.Client

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request; None leaves one out."""
        parameters = {
            "client_id": self.application.id,
            "redirect_uri": REDIRECT_URI,
            "response_type": "code",
            "scope": SCOPE,
            "state": "a+b/c=d&é\n",
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def ask(self, **changes: str | None) -> httpx.Response:
        return self.browser.get("/oauth2/authorize", params=self.request(**changes))

    def decide(
        self, person: str = ADA, decision: str = "authorize", **changes: str | None
    ) -> httpx.Response:
        return self.browser.post(
            "/oauth2/authorize",
            params=self.request(**changes),
            data={"person": person, "decision": decision},
        )

    def code(self, person: str = ADA, **changes: str | None) -> str:
        return returned(self.decide(person, "authorize", **changes))["code"]

    def redeem(self, code: str, **changes: str | None) -> httpx.Response:
        return self.post("/oauth2/token", grant_type="authorization_code", code=code, **changes)

    def refresh(self, refresh_token: str, **changes: str | None) -> httpx.Response:
        return self.post(
            "/oauth2/token", grant_type="refresh_token", refresh_token=refresh_token, **changes
        )

    def post(self, path: str = "/oauth2/token", **changes: str | None) -> httpx.Response:
        form = {
            "client_id": self.application.id,
            "client_secret": self.application.secret,
            "redirect_uri": REDIRECT_URI,
            **changes,
        }
        return self.api.post(
            path, data={name: value for name, value in form.items() if value is not None}
        )

    def tokens(self, person: str = ADA, **changes: str | None) -> dict[str, Any]:
        response = self.redeem(self.code(person, **changes))
        assert response.status_code == 200
        tokens: dict[str, Any] = response.json()
        return tokens

    def get(self, path: str, access_token: str) -> httpx.Response:
        return self.api.get(path, headers={"Authorization": f"Bearer {access_token}"})

    def bot_gets(self, path: str, token: str | None = None) -> httpx.Response:
        """Ask as the application's bot, or with another bot token."""
        assert self.application.bot is not None
        authorization = f"Bot {token or self.application.bot.token}"
        return self.api.get(path, headers={"Authorization": authorization})


def returned(response: httpx.Response) -> dict[str, str]:
    """The parameters with which the browser is sent back."""
    assert response.status_code == 303
    return dict(parse_qsl(urlsplit(response.headers["location"]).query, keep_blank_values=True))
