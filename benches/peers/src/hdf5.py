"""The same work as the benchmark `hdf5`, by h5py over MPI: one process a rank, started by mpiexec beside it.

The first rank prints what it can do, reads questions from its standard input, and prints seconds, those of the
slowest rank. A question: write|sync|read GRID_ROWS GRID_COLUMNS SIDE CHUNKED PATH.
"""

import os
import sys
import time

try:
    from mpi4py import MPI
    import h5py
    import numpy

    can = "h5py" if h5py.get_config().mpi else ""
except ImportError:
    can = ""
if not can:
    print("", flush=True)
    sys.exit(0)

world = MPI.COMM_WORLD
rank = world.Get_rank()


def cut(length, parts, part):
    """The larger parts first, as partita cuts."""
    least, more = divmod(length, parts)
    start = part * least + min(part, more)
    return start, start + least + (part < more)


memory = {}


def work(kind, rows, columns, side, chunked, path):
    top, bottom = cut(side, rows, rank // columns)
    left, right = cut(side, columns, rank % columns)
    shape = (bottom - top, right - left)
    if memory.get("shape") != shape:
        memory.update(shape=shape, block=numpy.ones(shape))
    block = memory["block"]
    world.Barrier()
    start = time.perf_counter()
    if kind == "read":
        with h5py.File(path, "r", driver="mpio", comm=world) as file:
            dataset = file["u"]
            with dataset.collective:
                dataset.read_direct(block, numpy.s_[top:bottom, left:right])
    else:
        chunks = (-(-side // rows), -(-side // columns)) if chunked else None
        with h5py.File(path, "w", driver="mpio", comm=world) as file:
            dataset = file.create_dataset("u", (side, side), "f8", chunks=chunks)
            with dataset.collective:
                dataset[top:bottom, left:right] = block
        if kind == "sync":
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
    return world.allreduce(time.perf_counter() - start, MPI.MAX)


if rank == 0:
    print(can, flush=True)
while True:
    line = sys.stdin.readline() if rank == 0 else None
    # The others wait without taking a core from those who are measured.
    if rank == 0:
        for other in range(1, world.Get_size()):
            world.send(line, other)
    else:
        while not world.Iprobe(0):
            time.sleep(0.001)
        line = world.recv(source=0)
    if not line.strip():
        break
    kind, rows, columns, side, chunked, path = line.split(maxsplit=5)
    seconds = work(kind, int(rows), int(columns), int(side), chunked == "1", path.strip())
    if rank == 0:
        print(seconds, flush=True)
