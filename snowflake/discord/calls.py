"""Calls to Discord, before they are sent, and their answers, before they are read."""

from dataclasses import dataclass
from typing import Final

import httpx

from snowflake.discord.circuit_breaker import Outcome
from snowflake.discord.rate_limits import Place
from snowflake.outbound.answer import Answer

#: Where Discord, or the proxy in front of it, did not get to its work.
_NOT_DONE: Final = {502, 503, 504}
#: Answers to what is wrong with a request, even as a page.
_REFUSALS: Final = {400, 401, 404}
#: Answers that count towards a ban, unless others have caused them (``X-RateLimit-Scope: shared``).
_INVALID: Final = {401, 403, 429}


@dataclass(frozen=True, slots=True)
class Call:
    """A request and what Discord counts it with.

    One that ``may_repeat`` changes nothing, however often it is sent. A code or a refresh token
    works once: where its answer is lost, nobody knows whether it is spent. Without
    ``wants_body`` an empty answer is a whole one, as to a revocation (RFC 7009, section 2.2).
    """

    place: Place
    request: httpx.Request
    may_repeat: bool
    wants_body: bool = True

    @property
    def is_suspect(self) -> bool:
        """Whether a stranger may have chosen what is in it: a code, a client secret, a name.

        That is in bodies alone. In URLs and headers are the operator's choices and Discord's words.
        """
        return bool(self.request.content)

    def failure(self, *, arrived: bool = True) -> Outcome:
        """What it says of Discord that this call failed, which may not even have ``arrived``."""
        return Outcome.SUSPECT if arrived and self.is_suspect else Outcome.FAILED

    def outcome(self, response: Answer) -> Outcome:
        """What an answer to it says of Discord."""
        outcome = outcome_of(response)
        return self.failure() if outcome is Outcome.FAILED else outcome

    def wants_more(self, response: Answer) -> bool:
        """Whether another try may bring a better answer, and does no harm."""
        if is_limited(response):
            return True
        has_body = bool(response.content) or self.wants_body
        cut_off = response.is_success and has_body and not ends_as_json(response)
        return self.may_repeat and (cut_off or response.status_code in _NOT_DONE)


def outcome_of(response: Answer) -> Outcome:
    """What an answer says of Discord. One that refuses is an answer all the same."""
    if is_limited(response):
        return Outcome.NEITHER
    if response.status_code in _REFUSALS:
        return Outcome.ANSWERED
    is_page = bool(response.content) and not ends_as_json(response)
    if response.status_code == httpx.codes.FORBIDDEN and is_page:
        return Outcome.BLOCKED
    if response.is_server_error or is_page:
        return Outcome.FAILED
    return Outcome.ANSWERED if response.content else Outcome.NEITHER


def is_limited(response: Answer) -> bool:
    """Whether Discord limits us; it has not looked at the request then."""
    return response.status_code == httpx.codes.TOO_MANY_REQUESTS


def is_invalid(response: Answer) -> bool:
    """Whether the answer counts towards a ban of our address."""
    if response.status_code not in _INVALID:
        return False
    return not is_limited(response) or response.headers.get("x-ratelimit-scope") != "shared"


def ends_as_json(response: Answer) -> bool:
    """Whether the body may be JSON, and whole: no page, and not cut off."""
    return response.content.rstrip()[-1:] in {b"}", b"]"}
