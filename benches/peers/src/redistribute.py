"""The same work as the benchmark `redistribute`, by mpi4py and numpy: one process a rank, started by mpiexec beside it.

What goes to each rank is packed, travels by `Alltoall`, and is unpacked where it does not come in order; all between
arrays that exist already. The first rank prints what it can do, reads questions from its standard input, and prints
seconds, those of the slowest rank. A question: columns|transpose SIDE.
"""

import sys
import time

try:
    from mpi4py import MPI
    import numpy
except ImportError:
    print("", flush=True)
    sys.exit(0)

world = MPI.COMM_WORLD
rank, size = world.Get_rank(), world.Get_size()
memory = {}


def arrays(side):
    if memory.get("side") != side:
        rows = side // size
        first = rank * rows
        block = numpy.add.outer(numpy.arange(first, first + rows) * float(side), numpy.arange(side))
        packed, received, result = (numpy.zeros_like(block) for _ in range(3))
        memory.update(side=side, arrays=(block, packed, received, result))
    return memory["arrays"]


def work(kind, side):
    block, packed, received, result = arrays(side)
    rows = side // size
    world.Barrier()
    start = time.perf_counter()
    each = block.reshape(rows, size, rows)
    if kind == "columns":
        numpy.copyto(packed.reshape(size, rows, rows), each.transpose(1, 0, 2))
        # Comes in order.
        world.Alltoall(packed, result)
    else:
        numpy.copyto(packed.reshape(size, rows, rows), each.transpose(1, 2, 0))
        world.Alltoall(packed, received)
        in_order = received.reshape(size, rows, rows).transpose(1, 0, 2)
        numpy.copyto(result.reshape(rows, size, rows), in_order)
    seconds = world.allreduce(time.perf_counter() - start, MPI.MAX)
    if kind == "columns":
        own = result.reshape(side, rows)[side - 1, 0] == (side - 1) * side + rank * rows
    else:
        own = result[0, side - 1] == (side - 1) * side + rank * rows
    assert world.allreduce(bool(own), MPI.LAND), "wrong elements"
    return seconds


if rank == 0:
    print("columns transpose", flush=True)
while True:
    line = sys.stdin.readline() if rank == 0 else None
    # The others wait without taking a core from those who are measured.
    if rank == 0:
        for other in range(1, size):
            world.send(line, other)
    else:
        while not world.Iprobe(0):
            time.sleep(0.001)
        line = world.recv(source=0)
    if not line.strip():
        break
    kind, side = line.split()
    seconds = work(kind, int(side))
    if rank == 0:
        print(seconds, flush=True)
