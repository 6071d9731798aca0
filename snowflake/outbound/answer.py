"""An answer, once all of it is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, unpacked. ``headers`` are by name in lower case.

    httpx has a class for it, which takes longer to make than all that is done with an answer here:
    it could still be streamed, decoded and sent on.
    """

    request: httpx.Request
    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        """Whether it is what was asked for (2xx)."""
        return httpx.codes.is_success(self.status_code)

    @property
    def is_redirect(self) -> bool:
        """Whether it leads elsewhere, or says that nothing has changed (3xx)."""
        return httpx.codes.is_redirect(self.status_code)

    @property
    def is_server_error(self) -> bool:
        """Whether the server has failed (5xx)."""
        return httpx.codes.is_server_error(self.status_code)
