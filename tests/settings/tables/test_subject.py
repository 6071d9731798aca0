"""``subject`` and ``sector`` of a registered client."""

from typing import get_args

import pytest
from pydantic import ValidationError

from snowflake.people.subjects import SUBJECTS
from snowflake.settings.tables.clients import ClientTable
from tests.settings.tables.test_clients import client


def sector(*redirect_uris: str, **values: object) -> str | None:
    table = client(subject="pairwise", redirect_uris=list(redirect_uris), **values)
    return table.sector_or_host


def test_there_is_a_way_to_make_each_mode_and_the_id_is_the_default() -> None:
    assert get_args(ClientTable.model_fields["subject"].annotation) == tuple(SUBJECTS)
    assert client().subject == "id"
    with pytest.raises(ValidationError, match="subject"):
        client(subject="phone")


def test_the_sector_is_the_host_of_the_redirect_uris() -> None:
    assert sector("https://App.example.com:8443/a", "https://app.example.com./b") == (
        "app.example.com"
    )
    assert sector("http://[::1]:8080/a") == "::1"


def test_a_sector_that_is_named_counts_however_many_hosts_there_are() -> None:
    uris = ("https://a.example.com/", "com.example.app:/cb", r"regex:https://.*\.example\.org/")
    assert sector(*uris, sector="Family.Example.com") == "family.example.com"


@pytest.mark.parametrize(
    "uris",
    [
        ("https://a.example.com/", "https://b.example.com/"),
        ("https://a.example.com/", "com.example.app:/cb"),
        (r"regex:https://.*\.example\.com/",),
        ("com.example.app:/cb",),
        ("oc://android.opencloud.eu",),
    ],
)
def test_without_a_single_host_a_sector_has_to_be_named(uris: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError, match="needs a sector"):
        sector(*uris)


@pytest.mark.parametrize("bad", ["", "a b", "ä.example.com", "x" * 256, "a\n"])
def test_a_sector_is_a_plain_word(bad: str) -> None:
    with pytest.raises(ValidationError, match="sector"):
        sector("https://a.example.com/", sector=bad)


@pytest.mark.parametrize("mode", [mode for mode in SUBJECTS if mode != "pairwise"])
def test_a_sector_without_pairwise_is_a_slip(mode: str) -> None:
    with pytest.raises(ValidationError, match="has a sector"):
        client(subject=mode, sector="example.com")
