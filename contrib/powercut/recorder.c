/* Writes down, in order, what a program does to the files below one folder.
 *
 * Preloaded (see README.md). Each record is a head of 26 bytes in the machine's byte order and
 * a payload: kind (1), folder or file (1), inode (8), offset (8), payload length (8).
 * One lock is held around a call and its record, so that the order of records is the order of
 * effects; a sync is recorded twice, because what is written while it runs may miss it.
 * Syncs that POWERCUT_OMIT names (`fdatasync:sled/db`) are left out of the record, as if
 * the program did not know of them. Deliberately absent: mappings and raw system calls, which no
 * preload sees; the replay finds out.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sysexits.h>
#include <unistd.h>

enum kind {
    CREATE = 'c', WRITE = 'w', SIZE = 't', RENAME = 'r', LINK = 'l', UNLINK = 'u',
    MKDIR = 'd', SYNC_BEGIN = 'b', SYNC_END = 'e', ACK = 'a', START = 's'
};

static char folder[PATH_MAX], acks[PATH_MAX];
static size_t folder_length;
static int recording = -1;
static const char *omitted;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The function that this one stands before. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void record(enum kind kind, int is_folder, uint64_t inode, uint64_t offset,
                   const void *payload, size_t length);

/* Several processes, one after the other, may go on with one recording. */
__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("POWERCUT_RECORDING");
    const char *below = getenv("POWERCUT_FOLDER");
    const char *file = getenv("POWERCUT_ACKS");
    if (!path || !below || !file) return;
    snprintf(folder, sizeof folder, "%s", below);
    snprintf(acks, sizeof acks, "%s", file);
    folder_length = strlen(folder);
    omitted = getenv("POWERCUT_OMIT");
    recording = NEXT(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (recording < 0) _exit(EX_CANTCREAT);
    record(START, 0, 0, 0, NULL, 0);
}

/* Ends the process like a kill, but between a call and its record no other thread is. */
void abort(void) {
    if (recording >= 0) pthread_mutex_lock(&lock);
    _exit(128 + SIGABRT);
}

/* Called with the lock held. errno stays as the recorded call left it. */
static void record(enum kind kind, int is_folder, uint64_t inode, uint64_t offset,
                   const void *payload, size_t length) {
    int error = errno;
    uint64_t numbers[3] = {inode, offset, length};
    char head[26] = {kind, is_folder};
    memcpy(head + 2, numbers, sizeof numbers);
    struct iovec parts[2] = {{head, sizeof head}, {(void *)payload, length}};
    if (NEXT(writev)(recording, parts, 2) != (ssize_t)(sizeof head + length)) _exit(EX_IOERR);
    errno = error;
}

/* The absolute path of a name relative to a descriptor. */
static int absolute(int at, const char *name, char *path) {
    char base[PATH_MAX / 2] = "";
    if (name[0] != '/') {
        char link[64];
        snprintf(link, sizeof link, at == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", at);
        ssize_t length = readlink(link, base, sizeof base - 2);
        if (length < 0) return 0;
        strcpy(base + length, "/");
    }
    int length = snprintf(path, PATH_MAX, "%s%.2000s", base, name);
    while (length > 1 && path[length - 1] == '/') path[--length] = 0;
    return 1;
}

/* Whether a path lies below the folder, or is it. */
static int is_ours(const char *path) {
    return recording >= 0 && strncmp(path, folder, folder_length) == 0 &&
           (path[folder_length] == '/' || path[folder_length] == 0);
}

static int path_of(int fd, char *path) {
    return fd != recording && recording >= 0 && absolute(fd, "", path);
}

/* Whether a descriptor is a file or folder of ours; gives what it is. */
static int is_our_file(int fd, struct stat *status) {
    char path[PATH_MAX];
    return path_of(fd, path) && is_ours(path) && fstat(fd, status) == 0 &&
           (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode));
}

static int is_ack(int fd) {
    char path[PATH_MAX];
    return path_of(fd, path) && strcmp(path, acks) == 0;
}

static int open_recorded(int at, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    if (!(flags & (O_CREAT | O_TRUNC)) || !absolute(at, name, path) || !is_ours(path))
        return NEXT(openat)(at, name, flags, mode);
    pthread_mutex_lock(&lock);
    struct stat status;
    int existed = stat(path, &status) == 0;
    int fd = NEXT(openat)(at, name, flags, mode);
    if (fd >= 0 && fstat(fd, &status) == 0) {
        if (!existed) record(CREATE, 0, status.st_ino, 0, path, strlen(path));
        else if (flags & O_TRUNC) record(SIZE, 0, status.st_ino, 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define OPEN(name, parameters, at)                                   \
    int name parameters {                                            \
        mode_t mode = 0;                                             \
        if (flags & (O_CREAT | __O_TMPFILE)) {                       \
            va_list rest;                                            \
            va_start(rest, flags);                                   \
            mode = va_arg(rest, mode_t);                             \
            va_end(rest);                                            \
        }                                                            \
        return open_recorded(at, path, flags, mode);                 \
    }
OPEN(open, (const char *path, int flags, ...), AT_FDCWD)
OPEN(open64, (const char *path, int flags, ...), AT_FDCWD)
OPEN(openat, (int at, const char *path, int flags, ...), at)
OPEN(openat64, (int at, const char *path, int flags, ...), at)
int creat(const char *path, mode_t mode) {
    return open_recorded(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* Records what a write at `offset` wrote, or, where that is negative, up to the file's position. */
static void record_written(int fd, const struct iovec *parts, int count, off_t offset,
                           ssize_t done) {
    struct stat status;
    int ack = is_ack(fd);
    if (done <= 0 || (!ack && !is_our_file(fd, &status))) return;
    if (offset < 0) offset = lseek(fd, 0, SEEK_CUR) - done;
    for (int i = 0; i < count && done > 0; i++) {
        size_t length = parts[i].iov_len < (size_t)done ? parts[i].iov_len : (size_t)done;
        record(ack ? ACK : WRITE, 0, ack ? 0 : status.st_ino, offset, parts[i].iov_base, length);
        offset += length;
        done -= length;
    }
}

#define WRITES(name, parameters, call, parts, count, offset)         \
    ssize_t name parameters {                                        \
        if (recording < 0) return NEXT(name) call;                   \
        pthread_mutex_lock(&lock);                                   \
        ssize_t done = NEXT(name) call;                              \
        int error = errno;                                           \
        record_written(fd, parts, count, offset, done);              \
        errno = error;                                               \
        pthread_mutex_unlock(&lock);                                 \
        return done;                                                 \
    }
#define ONE (&(struct iovec){(void *)data, length})
WRITES(write, (int fd, const void *data, size_t length), (fd, data, length), ONE, 1, -1)
WRITES(writev, (int fd, const struct iovec *v, int n), (fd, v, n), v, n, -1)
WRITES(pwrite, (int fd, const void *data, size_t length, off_t at), (fd, data, length, at),
       ONE, 1, at)
WRITES(pwrite64, (int fd, const void *data, size_t length, off_t at), (fd, data, length, at),
       ONE, 1, at)
WRITES(pwritev, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at), v, n, at)
WRITES(pwritev64, (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at), v, n, at)

/* Copies inside the kernel would escape: callers fall back to read and write. */
ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t n, unsigned f) {
    struct stat status;
    if (!is_our_file(out, &status)) return NEXT(copy_file_range)(in, in_at, out, out_at, n, f);
    errno = ENOSYS;
    return -1;
}
ssize_t sendfile64(int out, int in, off64_t *at, size_t length);
ssize_t sendfile64(int out, int in, off64_t *at, size_t length) {
    struct stat status;
    if (!is_our_file(out, &status)) return NEXT(sendfile64)(out, in, at, length);
    errno = ENOSYS;
    return -1;
}

/* Runs a call that may change a file's size and records the size it then has. */
#define SIZES(name, parameters, call)                                \
    int name parameters {                                            \
        if (recording < 0) return NEXT(name) call;                   \
        pthread_mutex_lock(&lock);                                   \
        int result = NEXT(name) call, error = errno;                 \
        struct stat status;                                          \
        if (result == 0 && is_our_file(fd, &status))                 \
            record(SIZE, 0, status.st_ino, status.st_size, NULL, 0); \
        errno = error;                                               \
        pthread_mutex_unlock(&lock);                                 \
        return result;                                               \
    }
SIZES(ftruncate, (int fd, off_t size), (fd, size))
SIZES(ftruncate64, (int fd, off_t size), (fd, size))
SIZES(posix_fallocate, (int fd, off_t at, off_t length), (fd, at, length))
SIZES(posix_fallocate64, (int fd, off_t at, off_t length), (fd, at, length))

/* Punched holes are written down as the zeros that they are. */
static int allocate(int fd, int mode, off_t at, off_t length) {
    if (recording < 0) return NEXT(fallocate)(fd, mode, at, length);
    pthread_mutex_lock(&lock);
    int result = NEXT(fallocate)(fd, mode, at, length), error = errno;
    struct stat status;
    if (result == 0 && is_our_file(fd, &status)) {
        if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) {
            off_t end = at + length < status.st_size ? at + length : status.st_size;
            void *zeros = end > at ? calloc(1, end - at) : NULL;
            if (zeros) record(WRITE, 0, status.st_ino, at, zeros, end - at);
            free(zeros);
        }
        record(SIZE, 0, status.st_ino, status.st_size, NULL, 0);
    }
    errno = error;
    pthread_mutex_unlock(&lock);
    return result;
}
int fallocate(int fd, int mode, off_t at, off_t length) { return allocate(fd, mode, at, length); }
int fallocate64(int fd, int mode, off64_t at, off64_t length) {
    return allocate(fd, mode, at, length);
}

/* Whether a sync is to be left out: its call and the path below the folder are named. */
static int is_omitted(const char *call, int fd) {
    char path[PATH_MAX], both[PATH_MAX + 16];
    if (!omitted || !path_of(fd, path) || strlen(path) <= folder_length) return 0;
    snprintf(both, sizeof both, "%s:%s", call, path + folder_length + 1);
    return fnmatch(omitted, both, 0) == 0;
}

/* What a sync promises holds for what was written before it began. */
#define SYNCS(name)                                                          \
    int name(int fd) {                                                       \
        struct stat status;                                                  \
        if (!is_our_file(fd, &status) || is_omitted(#name, fd)) return NEXT(name)(fd); \
        pthread_mutex_lock(&lock);                                           \
        record(SYNC_BEGIN, S_ISDIR(status.st_mode), status.st_ino, fd, NULL, 0);  \
        pthread_mutex_unlock(&lock);                                         \
        int result = NEXT(name)(fd), error = errno;                          \
        char path[PATH_MAX] = "";                                            \
        path_of(fd, path);                                                   \
        pthread_mutex_lock(&lock);                                           \
        if (result == 0)                                                     \
            record(SYNC_END, S_ISDIR(status.st_mode), status.st_ino, fd, path, strlen(path)); \
        pthread_mutex_unlock(&lock);                                         \
        errno = error;                                                       \
        return result;                                                       \
    }
SYNCS(fsync)
SYNCS(fdatasync)

/* Records two paths with a zero byte between them. */
static void record_pair(enum kind kind, const char *from, const char *to) {
    char both[2 * PATH_MAX];
    int length = snprintf(both, sizeof both, "%s", from) + 1;
    length += snprintf(both + length, sizeof both - length, "%s", to);
    record(kind, 0, 0, 0, both, length);
}

#define PAIRS(name, parameters, call, kind, from_at, to_at)                  \
    int name parameters {                                                    \
        char source[PATH_MAX], target[PATH_MAX];                             \
        if (!absolute(from_at, from, source) || !absolute(to_at, to, target) || !is_ours(target)) \
            return NEXT(name) call;                                          \
        pthread_mutex_lock(&lock);                                           \
        int result = NEXT(name) call;                                        \
        if (result == 0) record_pair(kind, source, target);                  \
        pthread_mutex_unlock(&lock);                                         \
        return result;                                                       \
    }
PAIRS(rename, (const char *from, const char *to), (from, to), RENAME, AT_FDCWD, AT_FDCWD)
PAIRS(renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), RENAME, a, b)
PAIRS(renameat2, (int a, const char *from, int b, const char *to, unsigned f),
      (a, from, b, to, f), RENAME, a, b)
PAIRS(link, (const char *from, const char *to), (from, to), LINK, AT_FDCWD, AT_FDCWD)
PAIRS(linkat, (int a, const char *from, int b, const char *to, int f),
      (a, from, b, to, f), LINK, a, b)

#define NAMES(name, parameters, call, kind, at)                              \
    int name parameters {                                                    \
        char full[PATH_MAX];                                                 \
        if (!absolute(at, path, full) || !is_ours(full)) return NEXT(name) call; \
        pthread_mutex_lock(&lock);                                           \
        int result = NEXT(name) call;                                        \
        if (result == 0) record(kind, 0, 0, 0, full, strlen(full));          \
        pthread_mutex_unlock(&lock);                                         \
        return result;                                                       \
    }
NAMES(unlink, (const char *path), (path), UNLINK, AT_FDCWD)
NAMES(unlinkat, (int at, const char *path, int flags), (at, path, flags), UNLINK, at)
NAMES(remove, (const char *path), (path), UNLINK, AT_FDCWD)
NAMES(rmdir, (const char *path), (path), UNLINK, AT_FDCWD)
NAMES(mkdir, (const char *path, mode_t mode), (path, mode), MKDIR, AT_FDCWD)
NAMES(mkdirat, (int at, const char *path, mode_t mode), (at, path, mode), MKDIR, at)
