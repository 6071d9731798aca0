"""What every endpoint begins with, whichever part of the house it is in.

``parameters`` reads what was sent, within its ``bounds``, ``issuer`` is our own name, ``paths`` are
those below it, ``browser`` ties a way through several pages to one browser, ``session_cookie`` says
who is signed in there and ``known_browser`` that somebody was, ``redirect`` sends it elsewhere,
``posted`` is for what pages of others post, ``pkce`` is RFC 7636, ``discord`` the way there and
back, ``refusals`` the errors that come back. ``caller`` is the address of whoever asks, and
``failed_codes`` counts the codes that Discord has not made.
"""
