"""Pi by random points in Python, for the benchmark `pi`.

Prints the kinds that this Python can do, then for each line "KIND DARTS" of standard input the seconds that they took.
"""

import sys
import time

BATCH = 1 << 16  # numbers that stay in the cache

kinds = {}

try:
    import numpy as np
except ImportError:
    np = None

if np is not None:

    def vectorised(generator):
        def throw(darts):
            hits = 0
            for thrown in range(0, darts, BATCH):
                batch = min(BATCH, darts - thrown)
                x, y = generator.random(batch), generator.random(batch)
                hits += np.count_nonzero(x * x + y * y < 1.0)
            return hits

        return throw

    kinds["numpy-pcg64"] = vectorised(np.random.Generator(np.random.PCG64(42)))
    kinds["numpy-sfc64"] = vectorised(np.random.Generator(np.random.SFC64(42)))

try:
    import numba
except ImportError:
    numba = None

if numba is not None:

    @numba.njit
    def loop(darts):
        hits = 0
        for _ in range(darts):
            x, y = np.random.random(), np.random.random()
            if x * x + y * y < 1.0:
                hits += 1
        return hits

    kinds["numba"] = loop

print(*kinds, flush=True)
for line in sys.stdin:
    kind, darts = line.split()
    kinds[kind](BATCH)  # compiles, where it is the first call
    start = time.perf_counter()
    hits = kinds[kind](int(darts))
    seconds = time.perf_counter() - start
    assert abs(4 * hits / int(darts) - 3.1416) < 0.05
    print(seconds, flush=True)
