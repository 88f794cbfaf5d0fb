/* A wall clock that jumps: for benchmarks/bad_clock.py, which compiles it and loads it with LD_PRELOAD. BAD_CLOCK names a
 * file of eight bytes, seconds as a double, that are added to the wall clock; the machine's own counters are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static double by(void) {
  static volatile double *seconds = 0;
  if (!seconds) {
    const char *name = getenv("BAD_CLOCK");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return 0;
    void *there = mmap(0, sizeof(double), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (there == MAP_FAILED) return 0;
    seconds = there;
  }
  return *seconds;
}
int clock_gettime(clockid_t which, struct timespec *out) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int done = real(which, out);
  if (!done && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) out->tv_sec += (time_t)by();
  return done;
}
int gettimeofday(struct timeval *restrict out, void *restrict zone) {
  struct timespec now;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
  out->tv_sec = now.tv_sec; out->tv_usec = now.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}
