"""The kinds of value that variables have: how each is written, and what is checked of it.

Each is a type for a field of ``Settings``.
"""

import re
from datetime import timedelta
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from snowflake.settings.durations import parse_duration
from snowflake.uris.ascii import is_visible_ascii
from snowflake.uris.hosts import MAX_PORT, check_pattern, is_host
from snowflake.uris.secure import check_secure

_PATH = re.compile(r"/|(/[A-Za-z0-9._~-]+)+/?")
_ADDRESS = re.compile(
    r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]*)):(?P<port>[0-9]{1,5})"
)
_PUBLIC_KEY = re.compile(r"[0-9A-Fa-f]{64}")
_DISCORD_ID = re.compile(r"[1-9][0-9]{0,19}")
#: Characters of a secret that is to be random.
MIN_SECRET_LENGTH = 32


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _duration(value: object) -> object:
    # A number would leave open whether it counts seconds.
    return value if isinstance(value, timedelta) else parse_duration(str(value))


def _digits(value: object) -> object:
    # TOML has whole numbers of 64 bits, so an ID may be written as one.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _discord_id(value: str) -> str:
    if not _DISCORD_ID.fullmatch(value):
        raise ValueError("must be an ID of Discord's, such as 197038439483310086")
    return value


def _public_key(value: str) -> str:
    if not _PUBLIC_KEY.fullmatch(value):
        raise ValueError("must be a public key of 64 hexadecimal digits")
    return value.lower()


def _power_of_two(size: int) -> int:
    if not 16 <= size <= 4096 or size & (size - 1):  # noqa: PLR2004 - Discord's own bounds
        raise ValueError("must be a power of two from 16 to 4096")
    return size


def _address(value: object) -> object:
    if value is None or isinstance(value, Address):
        return value
    if str(value).lower() == "off":
        return None
    # A bare number is refused: it would be open to everybody, whether that is meant or not.
    parts = _ADDRESS.fullmatch(str(value))
    if parts is None or not 0 < int(parts["port"]) <= MAX_PORT:
        raise ValueError(
            "must be an address such as 127.0.0.1:9100, or :9100 for all of this machine's, or off"
        )
    # Where ``serve`` listens too when it is told nothing else.
    return Address(parts["address"] or parts["host"] or "0.0.0.0", int(parts["port"]))  # noqa: S104


def within(
    least: timedelta, most: timedelta = timedelta.max, *, or_zero: bool = False
) -> AfterValidator:
    """Bound a duration; ``or_zero`` where nought means never."""

    def check(value: timedelta) -> timedelta:
        zero = "0 or " if or_zero else ""
        if value < least and not (or_zero and not value):
            raise ValueError(f"must be {zero}at least {int(least.total_seconds())} seconds")
        if value > most:
            raise ValueError(f"must be at most {int(most.total_seconds())} seconds")
        return value

    return AfterValidator(check)


def _host_or_everything(pattern: str) -> str:
    return pattern if pattern == "*" else check_pattern(pattern)


def check_url(url: str, like: str = "https://www.example.com") -> str:
    """Answer an ``http`` or ``https`` URL with a host, and without a fragment.

    Raises:
        ValueError: it is none, ``like`` the example that is given.
    """
    example = f"must be a URL such as {like}"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        usable = is_host(host) and parts.port != 0 and parts.username is None
    except ValueError:
        raise ValueError(example) from None
    if not usable or parts.scheme not in {"http", "https"} or not is_visible_ascii(url):
        raise ValueError(example)
    # An empty one is one, too.
    if "#" in url:
        raise ValueError("must not have a fragment")
    return url


def _secure(url: str) -> str:
    parts = urlsplit(url)
    check_secure(parts.scheme, parts.hostname or "")
    return url


def _without_query(url: str) -> str:
    if "?" in url:
        raise ValueError("must not have a query")
    return url


def check_line(text: str) -> str:
    """Answer one line of plain text, with something to read in it.

    Raises:
        ValueError: it is none.
    """
    if not text.isprintable() or not text.strip():
        raise ValueError("must be one line of plain text")
    return text


def _issuer(url: str) -> str:
    _secure(check_url(url, like="https://snowflake.example.com"))
    if urlsplit(url).query:
        raise ValueError("must not have a query")
    if url.endswith("/"):
        raise ValueError("must not end with a slash")
    return url


def _without_slash(url: str) -> str:
    return url.removesuffix("/")


def _base_path(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise ValueError("must be a path such as /snowflake")
    return path.removesuffix("/")


def _long_enough(secret: SecretStr | None) -> SecretStr | None:
    if any(len(part) < MIN_SECRET_LENGTH for part in parts(secret)):
        raise ValueError(f"must be at least {MIN_SECRET_LENGTH} characters long and random")
    return secret


def _in_header(secret: SecretStr | None) -> SecretStr | None:
    if secret is not None and not is_visible_ascii(secret.get_secret_value()):
        raise ValueError("must be visible ASCII characters, and no space")
    return secret


def parts(secret: SecretStr | None) -> list[str]:
    """Answer the parts of a secret that commas separate."""
    return [part.strip() for part in secret.get_secret_value().split(",")] if secret else []


class Address(NamedTuple):
    """Where to listen: a host name or IP address, and a port."""

    host: str
    port: int


Duration = Annotated[timedelta, BeforeValidator(_duration)]
CodeLifetime = Annotated[Duration, within(timedelta(seconds=10), timedelta(minutes=10))]
AvatarSize = Annotated[int, AfterValidator(_power_of_two)]
DiscordId = Annotated[str, BeforeValidator(_digits), AfterValidator(_discord_id)]
PublicKey = Annotated[str, AfterValidator(_public_key)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Hosts = Annotated[
    tuple[Annotated[str, AfterValidator(_host_or_everything)], ...],
    NoDecode,
    BeforeValidator(_split),
]
Domains = Annotated[
    tuple[Annotated[str, AfterValidator(check_pattern)], ...], NoDecode, BeforeValidator(_split)
]
Url = Annotated[str, AfterValidator(check_url)]
#: One over which nobody else can change what is read.
SecureUrl = Annotated[Url, AfterValidator(_secure)]
Issuer = Annotated[str, AfterValidator(_issuer)]
#: Somebody else's, to the letter.
OtherIssuer = Annotated[SecureUrl, AfterValidator(_without_query)]
BaseUrl = Annotated[Url, AfterValidator(_without_slash)]
BasePath = Annotated[str, AfterValidator(_base_path)]
HeaderSecret = Annotated[SecretStr | None, AfterValidator(_in_header)]
LongSecrets = Annotated[SecretStr | None, AfterValidator(_long_enough)]
Listen = Annotated[Address | None, NoDecode, BeforeValidator(_address)]
