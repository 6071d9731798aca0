"""The name by which a registered client knows people: the claim ``sub``."""

import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from snowflake.settings.tables.clients.redirects import RedirectKeys
from snowflake.uris.hosts import normalise

_SECTOR: Final = re.compile(r"[!-~]{1,255}")


def _sector(text: str) -> str:
    if not _SECTOR.fullmatch(text):
        raise ValueError("must be up to 255 visible ASCII characters, such as a host name")
    return normalise(text)


class SubjectKeys(RedirectKeys):
    """By which name it knows people."""

    subject: Literal["id", "username", "email", "hash", "uuid", "pairwise"] = Field(
        default="id",
        description=(
            "What `sub` is: the Discord user `id`; the `username` or the verified `email`, which "
            "can change; a `hash` or a `uuid` of the ID, the same for all clients; or `pairwise`, "
            "another one in each `sector`."
        ),
    )
    sector: Annotated[str, AfterValidator(_sector)] | None = Field(
        default=None,
        description=(
            'Clients with `subject = "pairwise"` and the same sector know people by the same '
            "`sub`. By default the host of the redirect URIs."
        ),
    )

    @property
    def sector_or_host(self) -> str | None:
        """The sector; None if there is none, and no single host of all redirect URIs."""
        if self.sector is not None:
            return self.sector
        hosts = {_host(uri) for uri in self.redirect_uris}
        return hosts.pop() if len(hosts) == 1 else None

    @model_validator(mode="after")
    def _in_one_sector(self) -> "SubjectKeys":
        """Refuse what leaves open in which sector it is (Core 1.0, section 8.1)."""
        is_pairwise = self.subject == "pairwise"
        if self.sector is not None and not is_pairwise:
            raise ValueError('has a sector, which is for subject = "pairwise"')
        if is_pairwise and self.sector_or_host is None:
            raise ValueError(
                'needs a sector, since with subject = "pairwise" its redirect URIs must have one '
                'host; sector = "example.com" would do'
            )
        return self


def _host(uri: str) -> str | None:
    """Answer the host of a redirect URI. A pattern has many, and an app none."""
    parts = urlsplit(uri) if uri.lower().startswith(("http:", "https:")) else None
    return normalise(parts.hostname) if parts is not None and parts.hostname else None
