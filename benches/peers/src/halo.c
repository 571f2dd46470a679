/* The same work as the benchmark `halo`, in C on plain MPI: a block of n x n x n cells with one cell of
 * margin, ranks one after the other along the first axis, every axis periodic. */
#include <mpi.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct block {
    MPI_Comm communicator;
    double *cells;
    int n;
    int lower, upper; /* the neighbours along the first axis */
    double *out[2], *in[2], *own[2];
};

static size_t at(int n, int i, int j, int k) {
    return ((size_t)i * (n + 2) + j) * (n + 2) + k;
}

/* The face at this place of an axis, one row after the other. */
static void pack(const struct block *b, int axis, int place, double *buffer) {
    const int n = b->n;
    for (int i = 1; i <= n; i++) {
        if (axis == 0)
            memcpy(buffer + (size_t)(i - 1) * n, b->cells + at(n, place, i, 1), n * sizeof(double));
        else if (axis == 1)
            memcpy(buffer + (size_t)(i - 1) * n, b->cells + at(n, i, place, 1), n * sizeof(double));
        else
            for (int j = 1; j <= n; j++)
                buffer[(size_t)(i - 1) * n + j - 1] = b->cells[at(n, i, j, place)];
    }
}

static void unpack(const struct block *b, int axis, int place, const double *buffer) {
    const int n = b->n;
    for (int i = 1; i <= n; i++) {
        if (axis == 0)
            memcpy(b->cells + at(n, place, i, 1), buffer + (size_t)(i - 1) * n, n * sizeof(double));
        else if (axis == 1)
            memcpy(b->cells + at(n, i, place, 1), buffer + (size_t)(i - 1) * n, n * sizeof(double));
        else
            for (int j = 1; j <= n; j++)
                b->cells[at(n, i, j, place)] = buffer[(size_t)(i - 1) * n + j - 1];
    }
}

/* A face of this rank's own on the other side. */
static void wrap(const struct block *b, int axis) {
    pack(b, axis, 1, b->own[0]);
    pack(b, axis, b->n, b->own[1]);
    unpack(b, axis, 0, b->own[1]);
    unpack(b, axis, b->n + 1, b->own[0]);
}

/* The faces of the first axis travel while the others, which are this rank's own, are copied. */
static void exchange(struct block *b, int size) {
    const int count = b->n * b->n;
    MPI_Request requests[4];
    if (size > 1) {
        MPI_Irecv(b->in[0], count, MPI_DOUBLE, b->lower, 1, b->communicator, &requests[0]);
        MPI_Irecv(b->in[1], count, MPI_DOUBLE, b->upper, 0, b->communicator, &requests[1]);
        pack(b, 0, 1, b->out[0]);
        MPI_Isend(b->out[0], count, MPI_DOUBLE, b->lower, 0, b->communicator, &requests[2]);
        pack(b, 0, b->n, b->out[1]);
        MPI_Isend(b->out[1], count, MPI_DOUBLE, b->upper, 1, b->communicator, &requests[3]);
    } else {
        wrap(b, 0);
    }
    wrap(b, 1);
    wrap(b, 2);
    if (size > 1) {
        MPI_Waitall(4, requests, MPI_STATUSES_IGNORE);
        unpack(b, 0, 0, b->in[0]);
        unpack(b, 0, b->n + 1, b->in[1]);
    }
}

static struct block make(MPI_Comm communicator, double *cells, int n, int *size) {
    struct block b = {.communicator = communicator, .cells = cells, .n = n};
    int rank;
    MPI_Comm_rank(communicator, &rank);
    MPI_Comm_size(communicator, size);
    b.lower = (rank + *size - 1) % *size;
    b.upper = (rank + 1) % *size;
    for (int side = 0; side < 2; side++) {
        b.out[side] = calloc((size_t)n * n, sizeof(double));
        b.in[side] = calloc((size_t)n * n, sizeof(double));
        b.own[side] = calloc((size_t)n * n, sizeof(double));
    }
    return b;
}

static void release(struct block *b) {
    for (int side = 0; side < 2; side++) {
        free(b->out[side]);
        free(b->in[side]);
        free(b->own[side]);
    }
}

/* Seconds of an exchange of all six faces, on this rank. */
double peer_halo(MPI_Comm communicator, double *cells, int n, int repetitions) {
    int size;
    struct block b = make(communicator, cells, n, &size);
    exchange(&b, size);
    MPI_Barrier(communicator);
    double start = MPI_Wtime();
    for (int i = 0; i < repetitions; i++)
        exchange(&b, size);
    double seconds = (MPI_Wtime() - start) / repetitions;
    release(&b);
    return seconds;
}

/* From each cell and its six neighbours. */
static void update(const double *restrict from, double *restrict to, int n, double ratio) {
    const size_t row = n + 2, plane = row * row;
    for (int i = 1; i <= n; i++)
        for (int j = 1; j <= n; j++) {
            const size_t first = at(n, i, j, 0);
            for (int k = 1; k <= n; k++) {
                const size_t c = first + k;
                to[c] = from[c] + ratio * (from[c - plane] + from[c + plane] + from[c - row]
                                           + from[c + row] + from[c - 1] + from[c + 1] - 6.0 * from[c]);
            }
        }
}

/* Seconds of a step, exchange and update, on this rank; the last values are in `cells` or, after an odd
 * number of steps, in `next`. */
double peer_step(MPI_Comm communicator, double *cells, double *next, int n, double ratio, int steps) {
    int size;
    struct block b = make(communicator, cells, n, &size);
    MPI_Barrier(communicator);
    double start = MPI_Wtime();
    for (int step = 0; step < steps; step++) {
        exchange(&b, size);
        update(b.cells, next, n, ratio);
        double *last = b.cells;
        b.cells = next;
        next = last;
    }
    double seconds = (MPI_Wtime() - start) / steps;
    release(&b);
    return seconds;
}
