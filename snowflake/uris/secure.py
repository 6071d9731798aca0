"""The one rule for URLs that carry what nobody else may read: HTTPS, or HTTP within the machine.

It holds for redirect URIs and issuers, ours and the upstream provider's, for that provider's
endpoints, and for what a browser asks of us.
"""

from snowflake.uris.hosts import is_loopback


def is_secure(scheme: str, host: str, *, loopback: bool = True) -> bool:
    """Whether a URL of a scheme and a host is one of them; without ``loopback`` HTTPS alone is."""
    return scheme == "https" or (loopback and scheme == "http" and is_loopback(host))


def check_secure(scheme: str, host: str, *, loopback: bool = True) -> None:
    """Pass, if a URL of a scheme and a host is one of them.

    Raises:
        ValueError: it is none.
    """
    if not is_secure(scheme, host, loopback=loopback):
        raise ValueError(
            f"must be https://{', or http:// on a loopback address' if loopback else ''}"
        )
