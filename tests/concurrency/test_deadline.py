from snowflake.concurrency.deadline import deadline, left
from tests.clocks import Times


def test_outside_of_a_deadline_there_is_as_much_time_as_one_likes() -> None:
    times = Times()
    assert left(7, times.clocks.now) == 7


def test_a_deadline_is_for_all_that_happens_within_it() -> None:
    times = Times()
    with deadline(10, times.clocks.now):
        times.now += 4
        assert left(99, times.clocks.now) == 6
        times.now += 7
        assert left(99, times.clocks.now) == 0


def test_within_a_deadline_another_may_only_be_shorter() -> None:
    times = Times()
    with deadline(10, times.clocks.now):
        with deadline(20, times.clocks.now):
            assert left(99, times.clocks.now) == 10
        with deadline(5, times.clocks.now):
            assert left(99, times.clocks.now) == 5
        assert left(99, times.clocks.now) == 10
    assert left(99, times.clocks.now) == 99
