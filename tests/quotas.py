"""Shares that a test can spend."""

from typing import cast

import pytest

from snowflake.state.quota import Kind


def allow(patch: pytest.MonkeyPatch, kind: Kind, **most: int) -> None:
    """Allow an owner so many attempts of a kind."""
    for owner, number in most.items():
        patch.setitem(cast(dict[str, int], kind.most), owner, number)
