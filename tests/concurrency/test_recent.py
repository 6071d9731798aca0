from snowflake.concurrency.recent import Recent


def test_the_oldest_makes_room() -> None:
    recent = Recent[str, int](2)
    for name in ("a", "b", "a", "c"):
        recent[name] = 1
    assert list(recent) == ["a", "c"]


def test_what_was_moved_to_the_end_stays() -> None:
    recent = Recent[str, int](2)
    recent["a"] = recent["b"] = 1
    recent.move_to_end("a")
    recent["c"] = 1
    assert list(recent) == ["a", "c"]
