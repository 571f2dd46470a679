/* Row blocks of a square matrix to its column blocks, in C on plain MPI with derived datatypes. */
#include <mpi.h>
#include <stdlib.h>

/* Elements (i, j) of a block of rows x columns, in the order of i, as they stand in the transpose, whose rows
   are `side` long. */
static MPI_Datatype transposed(int rows, int columns, int side) {
    MPI_Datatype column, block;
    MPI_Type_vector(columns, 1, side, MPI_DOUBLE, &column);
    MPI_Type_create_hvector(rows, 1, sizeof(double), column, &block);
    MPI_Type_free(&column);
    return block;
}

/* Seconds on this rank of one MPI_Alltoallw; `side` is a multiple of the number of ranks. */
double peer_redistribute(MPI_Comm communicator, const double *from, double *to, int side, int transpose) {
    int size;
    MPI_Comm_size(communicator, &size);
    int part = side / size;
    int *ones = malloc(size * sizeof *ones);
    int *send_places = malloc(size * sizeof *send_places);
    int *receive_places = malloc(size * sizeof *receive_places);
    MPI_Datatype *send_types = malloc(size * sizeof *send_types);
    MPI_Datatype *receive_types = malloc(size * sizeof *receive_types);
    for (int peer = 0; peer < size; peer++) {
        ones[peer] = 1;
        send_places[peer] = peer * part * sizeof(double);
        receive_places[peer] = transpose ? peer * part * (int)sizeof(double) : 0;
        MPI_Type_vector(part, part, side, MPI_DOUBLE, &send_types[peer]);
        if (transpose) {
            receive_types[peer] = transposed(part, part, side);
        } else {
            /* Whole rows of this rank's columns: displacements beyond 2 GiB go into the type. */
            MPI_Datatype rows;
            MPI_Type_contiguous(part * part, MPI_DOUBLE, &rows);
            MPI_Aint place = (MPI_Aint)peer * part * part * sizeof(double);
            int one = 1;
            MPI_Type_create_hindexed(1, &one, &place, rows, &receive_types[peer]);
            MPI_Type_free(&rows);
        }
        MPI_Type_commit(&send_types[peer]);
        MPI_Type_commit(&receive_types[peer]);
    }
    MPI_Barrier(communicator);
    double start = MPI_Wtime();
    MPI_Alltoallw(from, ones, send_places, send_types, to, ones, receive_places, receive_types, communicator);
    double seconds = MPI_Wtime() - start;
    for (int peer = 0; peer < size; peer++) {
        MPI_Type_free(&send_types[peer]);
        MPI_Type_free(&receive_types[peer]);
    }
    free(ones);
    free(send_places);
    free(receive_places);
    free(send_types);
    free(receive_types);
    return seconds;
}
