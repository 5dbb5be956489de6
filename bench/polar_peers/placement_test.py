"""Which threads get a core: those that worked most, in the order of their numbers, each another core."""

import os
import threading
import time

from polar_peers.placement import Placement, busiest


def test_the_busiest_are_those_that_worked_in_between() -> None:
    before, after = {10: 5.0, 11: 1.0, 12: 0.0}, {10: 5.0, 11: 1.5, 12: 2.0, 13: 1.0}
    assert busiest(before, after, 2) == [12, 13]
    assert busiest(before, after, 9) == [11, 12, 13]  # 10 did nothing, however long it worked before


def test_a_thread_that_works_is_bound_and_another_is_not() -> None:
    placement, stop, numbers = Placement(), threading.Event(), []

    def work() -> None:
        numbers.append(threading.get_native_id())
        stop.wait()

    idle = threading.Thread(target=work)
    idle.start()
    allowed = os.sched_getaffinity(0)

    def run() -> float:
        start = time.process_time()
        while time.process_time() < start + 0.1:
            pass
        return 0.1

    try:
        assert placement.spread(os.getpid(), run) == 0.1
        assert os.sched_getaffinity(0) == {placement.cores[0]}
        assert os.sched_getaffinity(numbers[0]) == allowed
        with placement.all_cores():
            assert os.sched_getaffinity(0) == allowed
        assert os.sched_getaffinity(0) == {placement.cores[0]}
    finally:
        stop.set()
        idle.join()
        os.sched_setaffinity(0, allowed)
