import pytest

from snowflake.errors import TooManyRequests
from snowflake.guesses import Guesses
from snowflake.store.standing import BUDGET, CLIENT_SHARE, WINDOW
from tests.running import Clock


def test_one_client_has_so_many_guesses_and_more_when_the_first_is_old(clock: Clock) -> None:
    guesses = Guesses(clock)
    for _ in range(CLIENT_SHARE):
        guesses.begin("one")
        clock.pass_by(1)
    with pytest.raises(TooManyRequests) as refusal:
        guesses.begin("one")
    assert refusal.value.retry_after == WINDOW - CLIENT_SHARE
    guesses.begin("another")
    clock.pass_by(refusal.value.retry_after)
    guesses.begin("one")
    with pytest.raises(TooManyRequests):
        guesses.begin("one")


def test_all_clients_together_have_so_many(clock: Clock) -> None:
    guesses = Guesses(clock)
    for number in range(BUDGET):
        guesses.begin(str(number))
    with pytest.raises(TooManyRequests):
        guesses.begin("another")


def test_a_right_guess_costs_nothing(clock: Clock) -> None:
    guesses = Guesses(clock)
    for _ in range(2 * CLIENT_SHARE):
        guesses.was_right(guesses.begin("one"))
    late = guesses.begin("one")
    clock.pass_by(WINDOW)
    guesses.begin("one")
    guesses.was_right(late)
