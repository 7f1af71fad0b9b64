/* A layer between the program and its system, put there by LD_PRELOAD: it writes down what reaches the database's files and
 * what was flushed, refuses to write or flush when it is told so, and moves the clock. `layer.rs` steers it.
 *
 * FAULTY_LAYER_CONTROL names a file of `struct control`, which the test changes while the program runs.
 * FAULTY_LAYER_LOG, if set, names the file that records are appended to. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

struct control {
    int64_t clock_ms; /* added to the clock of the day */
    int32_t write_errno; /* what writing and cutting a database's file fails with; 0: it works */
    int32_t sync_errno; /* what flushing one fails with */
};

struct record {
    uint8_t kind; /* 1 written, 2 flushed, 3 cut to `offset` */
    uint8_t file; /* 1 the database, 2 its write-ahead log */
    uint16_t unused;
    uint32_t n_bytes; /* that follow */
    int64_t offset;
};

enum { WRITTEN = 1, FLUSHED = 2, CUT = 3, N_FILES = 65536 };

static uint8_t file_of[N_FILES];
static const volatile struct control *control;
static int log_file = -1;
/* Held while something is done and recorded, so that the records are in the order of what happened. */
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

#define REAL(result, name, ...) \
    static result (*real_##name)(__VA_ARGS__); \
    if (!real_##name) real_##name = (result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
    REAL(int, open64, const char *, int, ...);
    const char *path = getenv("FAULTY_LAYER_CONTROL");
    if (path) {
        int file = real_open64(path, O_RDWR | O_CLOEXEC);
        void *there = mmap(NULL, sizeof *control, PROT_READ, MAP_SHARED, file, 0);
        if (file < 0 || there == MAP_FAILED) abort();
        control = there;
        close(file);
    }
    path = getenv("FAULTY_LAYER_LOG");
    if (path && (log_file = real_open64(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) < 0) abort();
}

static void record(uint8_t kind, int fd, int64_t offset, const void *bytes, size_t n_bytes) {
    REAL(ssize_t, write, int, const void *, size_t);
    if (log_file < 0) return;
    struct record record = {kind, file_of[fd], 0, (uint32_t)n_bytes, offset};
    if (real_write(log_file, &record, sizeof record) != (ssize_t)sizeof record) abort();
    if (n_bytes && real_write(log_file, bytes, n_bytes) != (ssize_t)n_bytes) abort();
}

static uint8_t is_watched(int fd) { return fd >= 0 && fd < N_FILES ? file_of[fd] : 0; }

static int opened(int fd, const char *path) {
    size_t length = strlen(path);
    if (fd >= 0 && fd < N_FILES) {
        file_of[fd] = 0;
        if (length >= 8 && !strcmp(path + length - 8, ".sqlite3")) file_of[fd] = 1;
        if (length >= 12 && !strcmp(path + length - 12, ".sqlite3-wal")) file_of[fd] = 2;
    }
    return fd;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(int, name, const char *, int, ...); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return opened(real_##name(path, flags, mode), path); \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    REAL(int, close, int);
    if (fd >= 0 && fd < N_FILES) file_of[fd] = 0;
    return real_close(fd);
}

static int refused(int32_t error) {
    if (!error) return 0;
    errno = error;
    return 1;
}

ssize_t write(int fd, const void *bytes, size_t n_bytes) {
    REAL(ssize_t, write, int, const void *, size_t);
    if (!is_watched(fd)) return real_write(fd, bytes, n_bytes);
    if (control && refused(control->write_errno)) return -1;
    pthread_mutex_lock(&order);
    int64_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t done = real_write(fd, bytes, n_bytes);
    if (done > 0) record(WRITTEN, fd, offset, bytes, (size_t)done);
    pthread_mutex_unlock(&order);
    return done;
}

#define PWRITE(name) \
    ssize_t name(int fd, const void *bytes, size_t n_bytes, off_t offset) { \
        REAL(ssize_t, name, int, const void *, size_t, off_t); \
        if (!is_watched(fd)) return real_##name(fd, bytes, n_bytes, offset); \
        if (control && refused(control->write_errno)) return -1; \
        pthread_mutex_lock(&order); \
        ssize_t done = real_##name(fd, bytes, n_bytes, offset); \
        if (done > 0) record(WRITTEN, fd, offset, bytes, (size_t)done); \
        pthread_mutex_unlock(&order); \
        return done; \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

#define SYNC(name) \
    int name(int fd) { \
        REAL(int, name, int); \
        if (!is_watched(fd)) return real_##name(fd); \
        if (control && refused(control->sync_errno)) return -1; \
        pthread_mutex_lock(&order); \
        int done = real_##name(fd); \
        if (!done) record(FLUSHED, fd, 0, NULL, 0); \
        pthread_mutex_unlock(&order); \
        return done; \
    }
SYNC(fsync)
SYNC(fdatasync)

#define CUT_TO(name) \
    int name(int fd, off_t size) { \
        REAL(int, name, int, off_t); \
        if (!is_watched(fd)) return real_##name(fd, size); \
        if (control && refused(control->write_errno)) return -1; \
        pthread_mutex_lock(&order); \
        int done = real_##name(fd, size); \
        if (!done) record(CUT, fd, size, NULL, 0); \
        pthread_mutex_unlock(&order); \
        return done; \
    }
CUT_TO(ftruncate)
CUT_TO(ftruncate64)

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(int, clock_gettime, clockid_t, struct timespec *);
    int done = real_clock_gettime(clock, now);
    if (!done && control && clock == CLOCK_REALTIME) now->tv_sec += control->clock_ms / 1000;
    return done;
}
