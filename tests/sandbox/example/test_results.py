from snowflake.sandbox.example.results import MAX_RESULTS, Failure, Results


def failure(number: int) -> Failure:
    return Failure(str(number), "what", "advice")


def test_a_result_is_found_by_its_id() -> None:
    results = Results()
    keys = [results.add(failure(number)) for number in range(3)]
    assert [results.get(key) for key in keys] == [failure(number) for number in range(3)]
    assert results.get(None) is None
    assert results.get("unknown") is None


def test_a_forgotten_result_is_gone() -> None:
    results = Results()
    key = results.add(failure(0))
    results.forget(key)
    results.forget(key)
    results.forget(None)
    assert results.get(key) is None


def test_the_oldest_goes_when_there_are_too_many() -> None:
    results = Results()
    keys = [results.add(failure(number)) for number in range(MAX_RESULTS + 1)]
    assert results.get(keys[0]) is None
    assert results.get(keys[1]) == failure(1)
