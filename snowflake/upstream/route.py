"""What a provider is asked for, by the name that metrics and errors have for it."""

from typing import Literal

Route = Literal["discovery", "jwks", "par", "token", "userinfo", "revocation"]
