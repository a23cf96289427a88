"""What takes too long is ended, and nothing else."""

from threading import Event, Semaphore

from omnipd_sandbox.engine.data.time_limit import TimeLimit


def test_what_takes_too_long_is_told_so() -> None:
    over = Event()
    with TimeLimit().after(0, over.set):
        assert over.wait(60)


def test_it_is_told_again_until_it_hears() -> None:
    told = Semaphore(0)
    with TimeLimit().after(0, told.release):
        assert all(told.acquire(timeout=60) for _ in range(2))


def test_a_short_time_inside_a_long_one_is_over_first() -> None:
    limit, long, short = TimeLimit(), Event(), Event()
    with limit.after(600, long.set), limit.after(0, short.set):
        assert short.wait(60)
    assert not long.is_set()


def test_what_is_done_in_time_is_left_alone() -> None:
    limit, done, late = TimeLimit(), Event(), Event()
    with limit.after(0.2, done.set):
        pass
    with limit.after(0.3, late.set):
        assert late.wait(60)
    assert not done.is_set()


def test_it_works_again_after_it_had_nothing_to_do() -> None:
    limit = TimeLimit()
    for _ in range(3):
        over = Event()
        with limit.after(0, over.set):
            assert over.wait(60)
