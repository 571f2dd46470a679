"""The other end of examples/beside_python: the spectrum of what partita's ranks send."""

import numpy as np
from mpi4py import MPI

everyone = MPI.COMM_WORLD
own = everyone.Split(everyone.Get_attr(MPI.APPNUM))  # what each program of a job does first

numbers = np.empty(2, dtype="int32")
everyone.Bcast(numbers, root=0)
ranks, samples = numbers.tolist()

energy = 0.0
if own.rank == 0:
    signal = np.empty(samples)
    for rank in range(ranks):
        share = signal[rank * samples // ranks : (rank + 1) * samples // ranks]
        everyone.Recv(share, source=rank)  # float64
    spectrum = np.fft.rfft(signal)
    everyone.Send(spectrum, dest=0)  # complex128
    peaks = np.sort(np.argsort(-abs(spectrum))[:2]).astype("int32")
    everyone.Send(peaks, dest=0)
    energy = 2.0 * np.sum(abs(spectrum) ** 2) / samples

both = np.empty(2)
everyone.Allreduce(np.array([0.0, energy]), both, op=MPI.SUM)
assert np.isclose(both[0], both[1]), both
