/* Fails one call on files below a folder: for benchmarks/bad_errors.py, which compiles it and loads it with LD_PRELOAD.
 *
 * bad_arm(folder, n, kind, times): from now on the n-th counted call fails, and so many after it. kind 0: EIO,
 * 1: ENOSPC, 2: a write that takes half (then ENOSPC), 3: only fsync and fdatasync are counted, and fail with EIO.
 * bad_count(): how many calls were counted since. Counted: write, pwrite, ftruncate, fsync, fdatasync, rename, and
 * open that makes a file.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char folder[4096];
static long at = -1, count = 0, failing = 0;
static int kind = 0;

void bad_arm(const char *where, long n, int how, long times) {
  snprintf(folder, sizeof folder, "%s", where);
  at = n; kind = how; failing = times; count = 0;
}
long bad_count(void) { return count; }

static int below_path(const char *path) { return folder[0] && !strncmp(path, folder, strlen(folder)); }
static int below(int fd) {
  char name[64], path[4096];
  ssize_t got;
  if (at < 0) return 0;
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  got = readlink(name, path, sizeof path - 1);
  if (got <= 0) return 0;
  path[got] = 0;
  return below_path(path);
}
static int fails(int sync) {
  if (at < 0 || (kind == 3 && !sync)) return 0;
  long now = ++count;
  if (now < at || now >= at + failing) return 0;
  errno = (kind == 1 || kind == 2) ? ENOSPC : EIO;
  return 1;
}
#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *data, size_t size) {
  REAL(ssize_t, "write", int, const void *, size_t);
  if (below(fd) && fails(0)) return kind == 2 && count == at && size > 1 ? real(fd, data, size / 2) : -1;
  return real(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t where) {
  REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
  if (below(fd) && fails(0)) return kind == 2 && count == at && size > 1 ? real(fd, data, size / 2, where) : -1;
  return real(fd, data, size, where);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off_t where) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
  if (below(fd) && fails(0)) return kind == 2 && count == at && size > 1 ? real(fd, data, size / 2, where) : -1;
  return real(fd, data, size, where);
}
int fsync(int fd) { REAL(int, "fsync", int); return below(fd) && fails(1) ? -1 : real(fd); }
int fdatasync(int fd) { REAL(int, "fdatasync", int); return below(fd) && fails(1) ? -1 : real(fd); }
int ftruncate(int fd, off_t size) { REAL(int, "ftruncate", int, off_t); return below(fd) && fails(0) ? -1 : real(fd, size); }
int ftruncate64(int fd, off_t size) { REAL(int, "ftruncate64", int, off_t); return below(fd) && fails(0) ? -1 : real(fd, size); }
int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  return below_path(from) && fails(0) ? -1 : real(from, to);
}
static int making(const char *path, int flags) { return (flags & O_CREAT) && below_path(path) && access(path, F_OK) && fails(0); }
int open(const char *path, int flags, ...) {
  REAL(int, "open", const char *, int, ...);
  va_list more; va_start(more, flags); int mode = va_arg(more, int); va_end(more);
  return making(path, flags) ? -1 : real(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  REAL(int, "open64", const char *, int, ...);
  va_list more; va_start(more, flags); int mode = va_arg(more, int); va_end(more);
  return making(path, flags) ? -1 : real(path, flags, mode);
}
