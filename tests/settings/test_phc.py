import asyncio

import pytest
from pydantic import SecretStr

from snowflake.crypto.secret_hashes import SecretHashes
from snowflake.settings.phc import HASH, check_hash

GOOD = "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$9DwGHLKtDjPM1NGnpPLBcw"


def test_a_hash_that_is_made_is_in_that_form() -> None:
    made = asyncio.run(SecretHashes().make("", SecretStr("secret")))
    assert made.startswith(HASH)
    check_hash(made)
    check_hash(GOOD)


@pytest.mark.parametrize(
    "damaged",
    [
        HASH,
        GOOD + "$",
        GOOD.replace("v=19", "v=16"),
        GOOD.replace("m=64", "m=1"),
        GOOD.replace("t=1", "t=0"),
        GOOD.replace("MDEyMzQ1Njc4OWFiY2RlZg", "MDE"),
        GOOD.replace("9DwGHLKtDjPM1NGnpPLBcw", "9"),
        GOOD.replace("9DwGHLKtDjPM1NGnpPLBcw", "9DwG HLK"),
    ],
)
def test_a_damaged_one_is_refused_without_repeating_it(damaged: str) -> None:
    with pytest.raises(ValueError, match=r"^is a damaged hash$"):
        check_hash(damaged)
