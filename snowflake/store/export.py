"""Everything that is kept about a person, as JSON. No token is in it: they are worth a login."""

import json
from typing import Any

from snowflake.store.link import Link
from snowflake.store.people import Kept

# JSON of any shape.
Json = dict[str, Any]


def is_anything(kept: Kept) -> bool:
    """Whether anything is kept."""
    return is_erasable(kept) or bool(kept.logouts)


def is_erasable(kept: Kept) -> bool:
    """Whether anything is kept but that clients are yet to be told of a logout."""
    lists = (kept.grants, kept.sessions, kept.discord_tokens, kept.memberships, kept.consents)
    return any((*lists, kept.devices)) or kept.link is not None or kept.looked_at is not None


def exported(person: str, kept: Kept) -> Json:
    """Answer what is kept about a person, by their Discord user ID."""
    return {
        "person": person,
        "grants": [
            {
                "client_id": grant.client_id,
                "scopes": grant.scopes,
                "claims": dict(grant.claims),
                "auth_time": grant.auth_time,
                "expires_at": grant.expires_at,
            }
            for grant in kept.grants
        ],
        "sessions": [
            {
                "issuer": session.issuer,
                "account": json.loads(session.account.user),
                "auth_time": session.auth_time,
                "began_at": session.began_at,
                "used_at": session.used_at,
                "expires_at": session.expires_at,
                "clients": [one._asdict() for one in kept.participants[session.id]],
            }
            for session in kept.sessions
        ],
        "discord_tokens": [
            {
                "application": tokens.application,
                "scopes": sorted(tokens.scopes),
                "expires_at": tokens.expires_at,
            }
            for tokens in kept.discord_tokens
        ],
        "memberships": [
            {
                "guild": membership.guild or "all",
                "answer": json.loads(membership.answer),
                "asked_at": membership.asked_at,
            }
            for membership in kept.memberships
        ],
        "consents": [
            {
                "client_id": consent.client_id,
                "scopes": consent.scopes,
                "given_at": consent.given_at,
            }
            for consent in kept.consents
        ],
        "devices": [
            {
                "client_id": device.client_id,
                "issuer": device.asked.issuer,
                "scopes": device.asked.scope.split(),
                "address": device.asked.address,
                "user_agent": device.asked.agent,
                "expires_at": device.expires_at,
            }
            for device in kept.devices
        ],
        "pending_logouts": [
            {
                "client_id": logout.client_id,
                "issuer": logout.issuer,
                "sid": logout.sid,
                "subject": logout.subject,
                "attempts": logout.attempts,
                "expires_at": logout.expires_at,
            }
            for logout in kept.logouts
        ],
        "looked_at": kept.looked_at,
        "link": None if kept.link is None else _shown_link(kept.link),
    }


def _shown_link(link: Link) -> Json:
    return {
        "application": link.application,
        "issuer": link.issuer,
        "subject": link.subject,
        "claims": dict(link.claims),
        "values": dict(link.values),
        "username": link.username,
        "state": link.state,
        "linked_at": link.linked_at,
        "synced_at": link.synced_at,
    }
