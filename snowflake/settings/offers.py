"""What clients may use, put together: what all of them may, or what one may."""

from collections.abc import Callable, Iterable

from snowflake.settings.client import Client


class Offers:
    """What some of these ``clients`` may use.

    Made anew of each configuration and never changed, so that what has been written down of one
    holds for as long as it is the same object. Where sessions are kept, it ``keeps_sessions``. They
    are all clients, or the one that is the ``owner`` of an issuer.
    """

    def __init__(
        self, clients: Iterable[Client], *, keeps_sessions: bool, owner: Client | None = None
    ) -> None:
        self.clients = tuple(clients)
        self.keeps_sessions = keeps_sessions
        self.owner = owner

    def issuer_below(self, base: str) -> str:
        """Answer the issuer whose offers they are, where that of everybody is ``base``."""
        return self.owner.issuer_below(base) if self.owner is not None else base

    def some(self, holds: Callable[[Client], bool]) -> bool:
        """Whether something holds for any of the clients."""
        return any(map(holds, self.clients))

    def among(self, names: Iterable[str], may: Callable[[Client, str], bool]) -> list[str]:
        """Answer those of the names, in their order, that any of the clients may use."""
        return [name for name in names if any(may(client, name) for client in self.clients)]

    @property
    def ends_sessions(self) -> bool:
        """Whether a logout ends a session, or leads any client's people back."""
        return self.keeps_sessions or self.some(lambda client: client.leads_back_after_logout)
