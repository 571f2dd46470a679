/* Makes one call of the system fail: loaded before the C library (LD_PRELOAD) by the tests in `injected.rs`.

   FAULT_PATH  only calls that concern a path with this in it are counted, and fail
   FAULT_PLAN  the plan to begin with: `CALL KIND NUMBER`, the number being of calls of this name, from 1
   FAULT_RANK  on which rank that is the plan

   What a program writes to a file whose name ends in `.fault-plan` is its plan from then on, and the calls since the
   plan before are listed in the same file with `.seen` added, in their order, after an exclamation mark where the
   fault has happened.

   CALL  open, write, pwrite (and pwritev), pread, copy (copy_file_range), allocate (fallocate), ftruncate, lock (flock),
         chmod, fsync, close, rename, unlink
   KIND  eio, enospc, short (half is written), flip (one bit is another), kill; or watch, with the path of a file
         instead of the number: nothing fails, and the hashes of that file's content before each call are listed too
         (FNV-1a, in hexadecimal, each once) */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static struct {
    char call[32], kind[32], argument[4096];
    int seen, happened;
} plan;

static char calls[1 << 18];
static size_t calls_length;
static uint64_t contents[16];
static int contents_length;

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static void begin(const char *text) {
    memset(&plan, 0, sizeof plan);
    sscanf(text, "%31s %31s %4095s", plan.call, plan.kind, plan.argument);
    calls_length = contents_length = 0;
}

__attribute__((constructor)) static void begin_as_told(void) {
    const char *rank = getenv("OMPI_COMM_WORLD_RANK");
    if (!rank) rank = setting("PMI_RANK");
    if (strcmp(rank, setting("FAULT_RANK")) == 0) begin(setting("FAULT_PLAN"));
}

/* Lists what was seen beside the plan's file, and takes up the next plan. */
static void change(const char *path, const char *text, size_t length) {
    char name[4352], next[4352];
    snprintf(name, sizeof name, "%s.seen", path);
    int list = syscall(SYS_openat, AT_FDCWD, name, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (plan.happened) syscall(SYS_write, list, "! ", 2);
    syscall(SYS_write, list, calls, calls_length);
    for (int at = 0; at < contents_length; at++) {
        char hash[32];
        syscall(SYS_write, list, hash, snprintf(hash, sizeof hash, "%016llx ", (unsigned long long)contents[at]));
    }
    syscall(SYS_close, list);
    snprintf(next, sizeof next, "%.*s", (int)length, text);
    begin(next);
}

static void look_at(const char *path) {
    static unsigned char buffer[1 << 16];
    uint64_t hash = 0xcbf29ce484222325;
    int file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
    for (ssize_t length; (length = syscall(SYS_read, file, buffer, sizeof buffer)) > 0;)
        for (ssize_t at = 0; at < length; at++) hash = (hash ^ buffer[at]) * 0x100000001b3;
    syscall(SYS_close, file);
    for (int at = 0; at < contents_length; at++)
        if (contents[at] == hash) return;
    if (contents_length < 16) contents[contents_length++] = hash;
}

static int is_turn(const char *call, const char *path) {
    const char *wanted = setting("FAULT_PATH");
    if (!*wanted || !strstr(path, wanted)) return 0;
    if (strcmp(plan.kind, "watch") == 0) look_at(plan.argument);
    if (calls_length + strlen(call) + 2 < sizeof calls)
        calls_length += sprintf(calls + calls_length, "%s ", call);
    if (strcmp(call, plan.call) != 0 || ++plan.seen != atoi(plan.argument)) return 0;
    plan.happened = 1;
    if (strcmp(plan.kind, "kill") == 0) raise(SIGKILL);
    return 1;
}

static int name_of(int file, char path[4096]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, 4095);
    path[length < 0 ? 0 : length] = 0;
    return length >= 0;
}

static int is_turn_of(const char *call, int file) {
    char path[4096];
    return name_of(file, path) && is_turn(call, path);
}

static int failed(void) {
    errno = strcmp(plan.kind, "enospc") == 0 ? ENOSPC : EIO;
    return -1;
}

static ssize_t faulty_write(int file, const void *data, size_t length, off_t offset) {
    if (strcmp(plan.kind, "short") == 0)
        return syscall(SYS_pwrite64, file, data, length > 1 ? length / 2 : length, offset);
    if (strcmp(plan.kind, "flip") == 0 && length > 0) {
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

ssize_t pwritev64(int file, const struct iovec *parts, int number, off_t offset) {
    if (is_turn_of("pwrite", file))
        return faulty_write(file, number ? parts[0].iov_base : "", number ? parts[0].iov_len : 0, offset);
    return syscall(SYS_pwritev, file, parts, number, offset, 0);
}

ssize_t pwritev(int file, const struct iovec *parts, int number, off_t offset) {
    return pwritev64(file, parts, number, offset);
}

ssize_t write(int file, const void *data, size_t length) {
    char path[4096];
    int has_name = name_of(file, path);
    size_t end = has_name ? strlen(path) : 0;
    if (end > 11 && strcmp(path + end - 11, ".fault-plan") == 0) change(path, data, length);
    if (has_name && is_turn("write", path)) {
        off_t offset = lseek(file, 0, SEEK_CUR);
        ssize_t written = faulty_write(file, data, length, offset);
        if (written > 0) lseek(file, offset + written, SEEK_SET);
        return written;
    }
    return syscall(SYS_write, file, data, length);
}

ssize_t pread64(int file, void *data, size_t length, off_t offset) {
    if (is_turn_of("pread", file)) return failed();
    return syscall(SYS_pread64, file, data, length, offset);
}

ssize_t pread(int file, void *data, size_t length, off_t offset) { return pread64(file, data, length, offset); }

ssize_t copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t length, unsigned flags) {
    if (is_turn_of("copy", to)) return failed();
    return syscall(SYS_copy_file_range, from, from_offset, to, to_offset, length, flags);
}

static int opened(const char *path, int flags, mode_t mode) {
    if (is_turn("open", path)) return failed();
    return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static mode_t mode_in(int flags, va_list arguments) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_in(flags, arguments);
    va_end(arguments);
    return opened(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_in(flags, arguments);
    va_end(arguments);
    return opened(path, flags, mode);
}

int flock(int file, int operation) {
    if (is_turn_of("lock", file)) return failed();
    return syscall(SYS_flock, file, operation);
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

int fallocate64(int file, int mode, off_t offset, off_t length) {
    if (is_turn_of("allocate", file)) return failed();
    return syscall(SYS_fallocate, file, mode, offset, length);
}

int fallocate(int file, int mode, off_t offset, off_t length) { return fallocate64(file, mode, offset, length); }

int posix_fallocate64(int file, off_t offset, off_t length) {
    return fallocate64(file, 0, offset, length) == 0 ? 0 : errno;
}

int posix_fallocate(int file, off_t offset, off_t length) { return posix_fallocate64(file, offset, length); }

int chmod(const char *path, mode_t mode) {
    if (is_turn("chmod", path)) return failed();
    return syscall(SYS_chmod, path, mode);
}

int rename(const char *from, const char *to) {
    if (is_turn("rename", from)) return failed();
    return syscall(SYS_rename, from, to);
}

int unlink(const char *path) {
    if (is_turn("unlink", path)) return failed();
    return syscall(SYS_unlink, path);
}
