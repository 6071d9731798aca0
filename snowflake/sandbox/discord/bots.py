"""Bots: what an application is to the guilds that let it in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bot:
    """An application's bot, known by its token; ``guilds`` are the IDs of those that it is in."""

    token: str
    guilds: tuple[str, ...] = ()
