"""An example application: sign in with OpenID Connect and see every step of it.

It knows one thing of its provider, the issuer, and reads the rest from the discovery document.
"""

from snowflake.sandbox.example.application import create_example
from snowflake.sandbox.example.surroundings import Surroundings
from snowflake.sandbox.example.television import Television

__all__ = ["Surroundings", "Television", "create_example"]
