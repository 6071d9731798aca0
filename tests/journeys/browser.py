"""A browser without scripts: it keeps cookies, follows redirects and fills in Discord's form."""

from collections.abc import Mapping
from typing import Self
from urllib.parse import parse_qsl, urlsplit

import httpx

#: The application's host, at which nobody answers: a login ends when the browser is sent there.
APPLICATION_HOST = "app.example.com"
MAX_REDIRECTS = 10


class Browser:
    """One person's browser. ``transports`` say how to reach origins that are not what they seem."""

    def __init__(self, transports: Mapping[str, httpx.BaseTransport] | None = None) -> None:
        # The slowest page waits for Discord, whom Snowflake gives 10 seconds.
        self.http = httpx.Client(trust_env=False, timeout=15, mounts=dict(transports or {}))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def open(self, url: str) -> httpx.Response:
        """Open an address and follow redirects, up to a page or to the application's door."""
        return self._follow(self.http.get(url))

    def submit(self, url: str, form: Mapping[str, str]) -> httpx.Response:
        """Send a form, and follow redirects as ``open`` does."""
        return self._follow(self.http.post(url, data=form))

    def allow(self, consent: httpx.Response, person: str) -> httpx.Response:
        """On Discord's page, choose a person and authorize."""
        return self.submit(str(consent.url), {"person": person, "decision": "authorize"})

    def refuse(self, consent: httpx.Response) -> httpx.Response:
        """On Discord's page, cancel."""
        return self.submit(str(consent.url), {"decision": "cancel"})

    def sign_in(self, url: str, person: str) -> str:
        """Go from the application's link to the application's callback; answer that address.

        Discord shows its page unless this browser's person has approved all of it before.
        """
        reached = self.open(url)
        return arrival(reached if reached.has_redirect_location else self.allow(reached, person))

    def _follow(self, response: httpx.Response) -> httpx.Response:
        for _ in range(MAX_REDIRECTS):
            following = response.next_request
            # What is in no scheme of the web is an app's to open.
            if following is None or following.url.scheme not in {"http", "https"}:
                return response
            if following.url.host == APPLICATION_HOST:
                return response
            response = self.http.send(following)
        raise AssertionError("redirects go round in a circle")


def arrival(response: httpx.Response) -> str:
    """Answer the address at which the browser was sent to the application."""
    assert response.has_redirect_location, f"a page and no redirect:\n{response.text}"
    return response.headers["location"]


def parameters(url: str) -> dict[str, str]:
    """Read the query of an address, in which nothing may stand twice."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a parameter stands twice: {sorted(names)}"
    return dict(pairs)
