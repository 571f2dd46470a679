/* Reductions of vectors as PETSc has them. */
#include <petscvec.h>
#include <stddef.h>

/* Every rank of MPI_COMM_WORLD calls it, once. Returns whether PETSc started. */
int peer_petsc_start(void)
{
    /* Errors are returned, and signals left to the program. */
    return PetscInitializeNoArguments() == 0 && PetscPopSignalHandler() == 0
        && PetscPushErrorHandler(PetscReturnErrorHandler, NULL) == 0;
}

int peer_petsc_end(void)
{
    return PetscFinalize() == 0;
}

/* A vector of each rank's values, which stay where they are; nothing on an error. */
void *peer_petsc_vector(MPI_Comm comm, const double *values, int count)
{
    Vec vector = NULL;
    if (VecCreateMPIWithArray(comm, 1, count, PETSC_DECIDE, values, &vector) != 0)
        return NULL;
    return vector;
}

/* The sum of a vector's elements. Returns whether it is there. */
int peer_petsc_sum(void *vector, double *result)
{
    return VecSum(vector, result) == 0;
}

/* The Euclidean norm of a vector, computed again each time. Returns whether it is there. */
int peer_petsc_norm(void *vector, double *result)
{
    double *values;
    /* A norm is kept until somebody may have changed the vector. */
    if (VecGetArray(vector, &values) != 0 || VecRestoreArray(vector, &values) != 0)
        return 0;
    return VecNorm(vector, NORM_2, result) == 0;
}

int peer_petsc_destroy(void *vector)
{
    Vec gone = vector;
    return VecDestroy(&gone) == 0;
}
