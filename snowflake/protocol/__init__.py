"""What every endpoint begins with, whichever part of the house it is in.

``parameters`` reads what was sent, within its ``bounds``, ``issuer`` is our own name, ``paths`` are
those below it, ``browser`` ties a way through several pages to one browser, ``redirect`` sends it
elsewhere, ``pkce`` is RFC 7636, ``discord`` the way there and back, ``refusals`` the errors that
come back.
"""
