"""What can be wrong with an ID token."""

from enum import Enum, auto


class Lie(Enum):
    """Every way in which a test can have an ID token spoiled."""

    BAD_SIGNATURE = auto()  #: signed with another key, by the right one's name
    UNKNOWN_KID = auto()  #: signed with a key that is published nowhere
    WRONG_ISSUER = auto()
    WRONG_AUDIENCE = auto()
    WRONG_NONCE = auto()
    WRONG_SUBJECT = auto()  #: about somebody else than UserInfo
    WRONG_AT_HASH = auto()
    EXPIRED = auto()
    MISSING = auto()  #: there is none
