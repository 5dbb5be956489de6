"""The rate of a square product, which the times of a benchmark are read against."""

import time
from collections.abc import Callable


def product_rate(multiply: Callable[[], object], size: int) -> float:
    """Gflop/s of a call that multiplies two square matrices of this size, the best of five."""
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        multiply()
        seconds.append(time.perf_counter() - start)
    return 2e-9 * size**3 / min(seconds)
