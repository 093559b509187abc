/* A wall clock that can be stepped, for the processes started with this library in LD_PRELOAD.

   What a program *reads* as CLOCK_REALTIME is the real time plus an offset, whole seconds, from the first 8 bytes of the
   file SENTINEL_CHAOS_CLOCK, which the run writes. Waits until a moment of that clock are translated back, so each takes
   as long as its caller meant when it began. CLOCK_MONOTONIC is untouched. A moment after 2001 is one of the wall clock,
   whatever clock a condition variable or timer was made with: no monotonic clock has come that far. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *shared;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("SENTINEL_CHAOS_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *at = mmap(NULL, sizeof *shared, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (at != MAP_FAILED) shared = at;
}

static int64_t offset(void) { return shared ? *shared : 0; }
static int wall(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

static const struct timespec *meant(const struct timespec *at, struct timespec *real) {
    if (!at || at->tv_sec < 1000000000) return at;
    *real = *at;
    real->tv_sec -= offset();
    return real;
}

/* The C library's own; the default version of a symbol, which dlsym alone need not answer. */
static void *own(const char *name, const char *version) {
    void *found = version ? dlvsym(RTLD_NEXT, name, version) : NULL;
    return found ? found : dlsym(RTLD_NEXT, name);
}
#define OWN(name, version)         \
    static __typeof__(&name) next; \
    if (!next) next = own(#name, version)

int clock_gettime(clockid_t clock, struct timespec *now) {
    OWN(clock_gettime, NULL);
    int result = next(clock, now);
    if (result == 0 && wall(clock)) now->tv_sec += offset();
    return result;
}
int gettimeofday(struct timeval *now, void *zone) {
    OWN(gettimeofday, NULL);
    int result = next(now, zone);
    now->tv_sec += offset();
    return result;
}
time_t time(time_t *into) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return into ? *into = now.tv_sec : now.tv_sec;
}

#define WAIT(name, version, parameters, ...) \
    int name parameters {                    \
        OWN(name, version);                  \
        struct timespec real;                \
        return next(__VA_ARGS__);            \
    }
WAIT(pthread_cond_timedwait, "GLIBC_2.3.2", (pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *at), c, m, meant(at, &real))
WAIT(pthread_cond_clockwait, NULL, (pthread_cond_t *c, pthread_mutex_t *m, clockid_t k, const struct timespec *at), c, m, k, meant(at, &real))
WAIT(sem_timedwait, NULL, (sem_t *s, const struct timespec *at), s, meant(at, &real))
WAIT(sem_clockwait, NULL, (sem_t *s, clockid_t k, const struct timespec *at), s, k, meant(at, &real))
WAIT(clock_nanosleep, NULL, (clockid_t k, int f, const struct timespec *at, struct timespec *left), k, f, f & TIMER_ABSTIME ? meant(at, &real) : at, left)

int timerfd_settime(int fd, int flags, const struct itimerspec *at, struct itimerspec *old) {
    OWN(timerfd_settime, NULL);
    struct itimerspec real = *at;
    if (flags & TFD_TIMER_ABSTIME) meant(&at->it_value, &real.it_value);
    return next(fd, flags, &real, old);
}
/* absl, in Ray, waits on futexes by itself. */
long syscall(long number, ...) {
    OWN(syscall, NULL);
    va_list rest;
    long a[6];
    struct timespec real;
    va_start(rest, number);
    for (int n = 0; n < 6; n++) a[n] = va_arg(rest, long);
    va_end(rest);
    if (number == SYS_futex && a[1] & FUTEX_CLOCK_REALTIME) a[3] = (long)meant((void *)a[3], &real);
    long result = next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (number == SYS_clock_gettime && result == 0 && wall((clockid_t)a[0])) ((struct timespec *)a[1])->tv_sec += offset();
    return result;
}
