/* The same work as the benchmark `hdf5`, in C: collective writes and reads by HDF5 itself, and plain pwrite and
   pread of whole rows. Each function times one array of doubles; a negative time says that a call failed. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <hdf5.h>
#include <mpi.h>
#include <sys/mman.h>
#include <unistd.h>

/* A piece of a call: some systems move no more than 2 GiB at once. */
#define PIECE ((size_t)1 << 30)

static double slowest(MPI_Comm communicator, double start, int failed) {
    double own = failed ? 1e30 : MPI_Wtime() - start, all;
    MPI_Allreduce(&own, &all, 1, MPI_DOUBLE, MPI_MAX, communicator);
    return all < 1e29 ? all : -1.0;
}

/* Waits till the disk of a folder has all and knows of removed files, and takes and returns as much memory as the next
   sample needs: a virtual machine may have given memory back that was free for seconds. */
int peer_settle(const char *folder, size_t bytes) {
    int place = open(folder, O_RDONLY | O_DIRECTORY);
    int failed = place < 0 || syncfs(place) != 0;
    if (place >= 0) close(place);
    /* The room of removed files is given back to the disk behind the scenes. */
    usleep(100 * 1000);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return 1;
    madvise(memory, bytes, MADV_HUGEPAGE);
    for (size_t page = 0; page < bytes; page += 4096) ((volatile char *)memory)[page] = 1;
    return failed | (munmap(memory, bytes) != 0);
}

/* This rank's bytes from an offset on, of a new file of `total` bytes for which room is taken first; or, where `over`,
   of the file that is there, over what it holds. */
double peer_pwrite(MPI_Comm communicator, const char *path, const char *bytes, size_t length,
                   size_t offset, size_t total, int over, int sync) {
    int rank, failed = 0;
    MPI_Comm_rank(communicator, &rank);
    MPI_Barrier(communicator);
    double start = MPI_Wtime();
    if (rank == 0 && !over) {
        int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
        failed = file < 0 || posix_fallocate(file, 0, total) != 0;
        if (file >= 0) close(file);
    }
    MPI_Barrier(communicator);
    int file = open(path, O_WRONLY);
    failed |= file < 0;
    for (size_t done = 0; !failed && done < length;) {
        size_t next = length - done < PIECE ? length - done : PIECE;
        ssize_t written = pwrite(file, bytes + done, next, offset + done);
        if (written <= 0) failed = 1;
        done += written;
    }
    if (sync && fsync(file) != 0) failed = 1;
    if (file >= 0) close(file);
    return slowest(communicator, start, failed);
}

double peer_pread(MPI_Comm communicator, const char *path, char *bytes, size_t length, size_t offset) {
    MPI_Barrier(communicator);
    double start = MPI_Wtime();
    int file = open(path, O_RDONLY), failed = file < 0;
    for (size_t done = 0; !failed && done < length;) {
        size_t next = length - done < PIECE ? length - done : PIECE;
        ssize_t got = pread(file, bytes + done, next, offset + done);
        if (got <= 0) failed = 1;
        done += got;
    }
    if (file >= 0) close(file);
    return slowest(communicator, start, failed);
}

/* A dataset of `shape`, this rank's block of it; without chunks where `chunk` is null. */
double peer_h5dwrite(MPI_Comm communicator, const char *path, const double *block, const hsize_t *shape,
                     const hsize_t *start, const hsize_t *count, const hsize_t *chunk, int sync) {
    MPI_Barrier(communicator);
    double begin = MPI_Wtime();
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), create = H5Pcreate(H5P_DATASET_CREATE);
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    H5Pset_fapl_mpio(access, communicator, MPI_INFO_NULL);
    H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
    H5Pset_fill_time(create, H5D_FILL_TIME_NEVER);
    if (chunk) H5Pset_chunk(create, 2, chunk);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    hid_t space = H5Screate_simple(2, shape, NULL), memory = H5Screate_simple(2, count, NULL);
    hid_t dataset = H5Dcreate2(file, "u", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, create, H5P_DEFAULT);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    int failed = H5Dwrite(dataset, H5T_NATIVE_DOUBLE, memory, space, transfer, block) < 0;
    H5Dclose(dataset);
    H5Sclose(memory);
    H5Sclose(space);
    H5Pclose(transfer);
    H5Pclose(create);
    H5Pclose(access);
    failed |= H5Fclose(file) < 0;
    if (sync) {
        int descriptor = open(path, O_RDONLY);
        failed |= descriptor < 0 || fsync(descriptor) != 0;
        close(descriptor);
    }
    return slowest(communicator, begin, failed);
}

double peer_h5dread(MPI_Comm communicator, const char *path, double *block, const hsize_t *start,
                    const hsize_t *count) {
    MPI_Barrier(communicator);
    double begin = MPI_Wtime();
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), transfer = H5Pcreate(H5P_DATASET_XFER);
    H5Pset_fapl_mpio(access, communicator, MPI_INFO_NULL);
    H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, access), dataset = H5Dopen2(file, "u", H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset), memory = H5Screate_simple(2, count, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    int failed = H5Dread(dataset, H5T_NATIVE_DOUBLE, memory, space, transfer, block) < 0;
    H5Dclose(dataset);
    H5Sclose(memory);
    H5Sclose(space);
    H5Pclose(transfer);
    H5Pclose(access);
    failed |= H5Fclose(file) < 0;
    return slowest(communicator, begin, failed);
}
