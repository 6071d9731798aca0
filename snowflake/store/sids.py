"""The names by which clients know a session (Back-Channel Logout 1.0, section 2.1)."""

from hashlib import sha256


def sid_of(session_id: str, client_id: str) -> str:
    """Answer the name by which a client knows a session: another one for each, and always the same.

    The ID of the session stays here, and so nobody makes one client's name of another's.
    """
    return sha256(f"{session_id} {client_id}".encode()).hexdigest()[:32]
