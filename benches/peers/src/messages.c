/* The same work as the benchmark `messages`, in C on plain MPI. Each function times one batch. */
#include <mpi.h>

/* Seconds of one way of a message of so many bytes between ranks 0 and 1. */
double peer_ping_pong(MPI_Comm communicator, char *buffer, int bytes, int repetitions) {
    int rank;
    MPI_Comm_rank(communicator, &rank);
    MPI_Barrier(communicator);
    double start = MPI_Wtime();
    for (int i = 0; i < repetitions; i++) {
        if (rank == 0) {
            MPI_Send(buffer, bytes, MPI_BYTE, 1, 0, communicator);
            MPI_Recv(buffer, bytes, MPI_BYTE, 1, 0, communicator, MPI_STATUS_IGNORE);
        } else if (rank == 1) {
            MPI_Recv(buffer, bytes, MPI_BYTE, 0, 0, communicator, MPI_STATUS_IGNORE);
            MPI_Send(buffer, bytes, MPI_BYTE, 0, 0, communicator);
        }
    }
    return (MPI_Wtime() - start) / (2.0 * repetitions);
}

/* Seconds of a broadcast of so many doubles from rank 0, on this rank. */
double peer_broadcast(MPI_Comm communicator, double *buffer, int count, int repetitions) {
    MPI_Barrier(communicator);
    double start = MPI_Wtime();
    for (int i = 0; i < repetitions; i++)
        MPI_Bcast(buffer, count, MPI_DOUBLE, 0, communicator);
    return (MPI_Wtime() - start) / repetitions;
}

/* Seconds of a barrier, on this rank. */
double peer_barrier(MPI_Comm communicator, int repetitions) {
    MPI_Barrier(communicator);
    double start = MPI_Wtime();
    for (int i = 0; i < repetitions; i++)
        MPI_Barrier(communicator);
    return (MPI_Wtime() - start) / repetitions;
}

/* Seconds of a sum of so many doubles over the ranks, on this rank. */
double peer_all_reduce(MPI_Comm communicator, double *buffer, int count, int repetitions) {
    MPI_Barrier(communicator);
    double start = MPI_Wtime();
    for (int i = 0; i < repetitions; i++)
        MPI_Allreduce(MPI_IN_PLACE, buffer, count, MPI_DOUBLE, MPI_SUM, communicator);
    return (MPI_Wtime() - start) / repetitions;
}
