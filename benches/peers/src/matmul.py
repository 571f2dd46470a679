"""Products of matrices in numpy, for the benchmark `matmul`.

Prints what this Python can do, then for each line "M N K TRANSPOSED" of standard input the seconds of one product.
"""

import os
import sys
import time

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, range(os.cpu_count()))  # not the launcher's one core

try:
    import numpy as np
except ImportError:
    print(flush=True)
    sys.exit()

print("numpy", flush=True)
shape = None
for line in sys.stdin:
    if line != shape:
        shape = line
        m, n, k, transposed = (int(word) for word in line.split())
        a = b = c = None
        a = np.full((k, m), 0.5).T if transposed else np.full((m, k), 0.5)
        b, c = np.full((k, n), 0.25), np.zeros((m, n))
    start = time.perf_counter()
    np.matmul(a, b, out=c)
    seconds = time.perf_counter() - start
    assert c[-1, -1] == k / 8
    print(seconds, flush=True)
