/* The same work as the benchmark `matmul`: ScaLAPACK's pdgemm on block-cyclic matrices. */
#include <mpi.h>
#include <stdlib.h>

int Csys2blacs_handle(MPI_Comm);
void Cblacs_gridinit(int *, const char *, int, int);
void Cblacs_gridinfo(int, int *, int *, int *, int *);
void Cblacs_gridexit(int);
void Cfree_blacs_system_handle(int);
int numroc_(const int *, const int *, const int *, const int *, const int *);
void descinit_(int *, const int *, const int *, const int *, const int *, const int *, const int *,
               const int *, const int *, int *);
void pdgemm_(const char *, const char *, const int *, const int *, const int *, const double *,
             const double *, const int *, const int *, const int *, const double *, const int *,
             const int *, const int *, const double *, double *, const int *, const int *, const int *);

static double *matrix(int rows, int columns, int block, const int grid[2], const int place[2],
                      int context, int *descriptor) {
    int zero = 0, info;
    int local_rows = numroc_(&rows, &block, &place[0], &zero, &grid[0]);
    int local_columns = numroc_(&columns, &block, &place[1], &zero, &grid[1]);
    int leading = local_rows > 1 ? local_rows : 1;
    descinit_(descriptor, &rows, &columns, &block, &block, &zero, &zero, &context, &leading, &info);
    size_t length = (size_t)leading * (local_columns > 1 ? local_columns : 1);
    double *elements = malloc(length * sizeof *elements);
    if (elements)
        for (size_t i = 0; i < length; i++)
            elements[i] = (double)(i % 17) - 8.0;
    return elements;
}

/* Seconds of one C = A B (or C = A^T B where transposed) of m x k and k x n doubles, on this rank, over
   grid_rows x grid_columns ranks in blocks of so many rows and columns; negative without memory. */
double peer_pdgemm(MPI_Comm communicator, int m, int n, int k, int transposed, int block,
                   int grid_rows, int grid_columns) {
    int grid[2] = {grid_rows, grid_columns}, place[2], one = 1;
    int handle = Csys2blacs_handle(communicator), context = handle;
    Cblacs_gridinit(&context, "Row", grid[0], grid[1]);
    Cblacs_gridinfo(context, &grid[0], &grid[1], &place[0], &place[1]);
    int of_a[9], of_b[9], of_c[9];
    double *a = matrix(transposed ? k : m, transposed ? m : k, block, grid, place, context, of_a);
    double *b = matrix(k, n, block, grid, place, context, of_b);
    double *c = matrix(m, n, block, grid, place, context, of_c);
    double alpha = 1.0, beta = 0.0, seconds = -1.0;
    if (a && b && c) {
        MPI_Barrier(communicator);
        double start = MPI_Wtime();
        pdgemm_(transposed ? "T" : "N", "N", &m, &n, &k, &alpha, a, &one, &one, of_a, b, &one, &one,
                of_b, &beta, c, &one, &one, of_c);
        MPI_Barrier(communicator);
        seconds = MPI_Wtime() - start;
    }
    free(a);
    free(b);
    free(c);
    Cblacs_gridexit(context);
    Cfree_blacs_system_handle(handle);
    return seconds;
}
