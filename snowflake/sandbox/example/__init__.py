"""An example application: sign in with OpenID Connect and see every step of it.

It knows one thing of its provider, the issuer, and reads the rest from the discovery document.
"""

from snowflake.sandbox.example.application import Surroundings, create_example

__all__ = ["Surroundings", "create_example"]
