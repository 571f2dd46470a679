/* Makes one call of the system fail: loaded before the C library (LD_PRELOAD) by the tests in `injected.rs`.

   FAULT_CALL    pwrite, write, fsync, close, rename or ftruncate
   FAULT_NUMBER  which of the calls that concern a path with FAULT_PATH in it, from 1
   FAULT_RANK    on which rank
   FAULT_KIND    eio, enospc, short (half is written), flip (one bit is another), kill; or count: nothing fails, and
                 for each call a byte is added to the file FAULT_NOTE.CALL.RANK
   FAULT_NOTE    a file that is made when the fault has happened */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int seen;

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static const char *own_rank(void) {
    const char *rank = getenv("OMPI_COMM_WORLD_RANK");
    return rank ? rank : setting("PMI_RANK");
}

static int is_rank(void) { return strcmp(own_rank(), setting("FAULT_RANK")) == 0; }

static void count(const char *call) {
    char name[4096];
    snprintf(name, sizeof name, "%s.%s.%s", setting("FAULT_NOTE"), call, own_rank());
    int note = syscall(SYS_openat, AT_FDCWD, name, O_CREAT | O_APPEND | O_WRONLY, 0600);
    if (note < 0) return;
    syscall(SYS_write, note, ".", 1);
    syscall(SYS_close, note);
}

static int is_turn(const char *call, const char *path) {
    if (strcmp(setting("FAULT_KIND"), "count") == 0) {
        if (strstr(path, setting("FAULT_PATH"))) count(call);
        return 0;
    }
    if (strcmp(call, setting("FAULT_CALL")) != 0 || !is_rank()) return 0;
    if (!strstr(path, setting("FAULT_PATH"))) return 0;
    if (__sync_add_and_fetch(&seen, 1) != atoi(setting("FAULT_NUMBER"))) return 0;
    int note = syscall(SYS_openat, AT_FDCWD, setting("FAULT_NOTE"), O_CREAT | O_WRONLY, 0600);
    if (note >= 0) syscall(SYS_close, note);
    if (strcmp(setting("FAULT_KIND"), "kill") == 0) raise(SIGKILL);
    return 1;
}

static int is_turn_of(const char *call, int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_turn(call, path);
}

static int failed(void) {
    errno = strcmp(setting("FAULT_KIND"), "enospc") == 0 ? ENOSPC : EIO;
    return -1;
}

static ssize_t faulty_write(int file, const void *data, size_t length, off_t offset) {
    if (strcmp(setting("FAULT_KIND"), "short") == 0)
        return syscall(SYS_pwrite64, file, data, length > 1 ? length / 2 : length, offset);
    if (strcmp(setting("FAULT_KIND"), "flip") == 0 && length > 0) {
        char *copy = malloc(length);
        memcpy(copy, data, length);
        copy[length / 2] ^= 4;
        ssize_t written = syscall(SYS_pwrite64, file, copy, length, offset);
        free(copy);
        return written;
    }
    return failed();
}

ssize_t pwrite64(int file, const void *data, size_t length, off_t offset) {
    if (is_turn_of("pwrite", file)) return faulty_write(file, data, length, offset);
    return syscall(SYS_pwrite64, file, data, length, offset);
}

ssize_t pwrite(int file, const void *data, size_t length, off_t offset) {
    return pwrite64(file, data, length, offset);
}

ssize_t write(int file, const void *data, size_t length) {
    if (is_turn_of("write", file)) {
        off_t offset = lseek(file, 0, SEEK_CUR);
        ssize_t written = faulty_write(file, data, length, offset);
        if (written > 0) lseek(file, offset + written, SEEK_SET);
        return written;
    }
    return syscall(SYS_write, file, data, length);
}

int fsync(int file) {
    if (is_turn_of("fsync", file)) return failed();
    return syscall(SYS_fsync, file);
}

int close(int file) {
    if (is_turn_of("close", file)) {
        syscall(SYS_close, file);
        return failed();
    }
    return syscall(SYS_close, file);
}

int ftruncate64(int file, off_t length) {
    if (is_turn_of("ftruncate", file)) return failed();
    return syscall(SYS_ftruncate, file, length);
}

int ftruncate(int file, off_t length) { return ftruncate64(file, length); }

int rename(const char *from, const char *to) {
    if (is_turn("rename", from)) return failed();
    return syscall(SYS_rename, from, to);
}
