/* Fails one call on files below a folder: for benchmarks/bad_errors.py, which compiles it and loads it with LD_PRELOAD.
 *
 * bad_arm(folder, n, kind, times): from now on the n-th counted call fails, and so many after it. kind 0: EIO,
 * 1: ENOSPC, 2: a write that takes half (then ENOSPC), 3: only fsync and fdatasync are counted, and fail with EIO.
 * kind 4: as 3, and the disk forgets, as Linux lets one: what was written since the last sync that worked counts as clean
 * but never reached the disk; every opening older than the failure is told once; later syncs succeed. What is written
 * anew, by whole pages of 4 KiB, is synced as ever. bad_forget(): the power goes; what is lost stands as it was before.
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
#include <sys/stat.h>
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
  if (at < 0 || (kind >= 3 && !sync)) return 0;
  long now = ++count;
  if (now < at || now >= at + failing) return 0;
  errno = (kind == 1 || kind == 2) ? ENOSPC : EIO;
  return 1;
}
#define PAGE 4096
#define PAGES 16384
#define FILES 256
static struct page {
  ino_t file; off_t number; int state, size; char path[256], old[PAGE];
} pages[PAGES]; /* state 1: dirty, 2: lost */
static struct { ino_t file; int errors; } failed[FILES];
static int used = 0, files = 0;
static struct { ino_t file; int seen; } opened[1024];

static ino_t inode(int fd) { struct stat st; return fstat(fd, &st) ? 0 : st.st_ino; }
static int *errors_of(ino_t file) {
  for (int i = 0; i < files; i++) if (failed[i].file == file) return &failed[i].errors;
  if (files == FILES) abort();
  failed[files].file = file; failed[files].errors = 0;
  return &failed[files++].errors;
}
static int opens(int fd) {
  if (kind == 4 && fd >= 0 && fd < 1024 && below(fd)) {
    opened[fd].file = inode(fd);
    opened[fd].seen = *errors_of(opened[fd].file);
  }
  return fd;
}
static void dirties(int fd, off_t from, size_t size) {
  if (kind != 4 || !size || !below(fd)) return;
  ino_t file = inode(fd);
  for (off_t number = from / PAGE; number <= (off_t)(from + size - 1) / PAGE; number++) {
    struct page *p = 0;
    for (int i = 0; i < used && !p; i++) if (pages[i].file == file && pages[i].number == number) p = &pages[i];
    if (!p) {
      if (used == PAGES) abort();
      p = &pages[used++];
      p->file = file; p->number = number; p->state = 0;
    }
    if (!p->state) { /* clean: what stands there is what the disk has */
      char name[64];
      ssize_t got, n = pread(fd, p->old, PAGE, number * PAGE);
      p->size = n < 0 ? 0 : n;
      snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
      got = readlink(name, p->path, sizeof p->path - 1);
      p->path[got > 0 ? got : 0] = 0;
    }
    p->state = 1;
  }
}
static int synced(int fd) {
  if (kind != 4 || at < 0 || !below(fd)) return 0;
  ino_t file = inode(fd);
  int fails_now = fails(1), *errors = errors_of(file);
  if (fails_now) ++*errors;
  for (int i = 0; i < used; i++) if (pages[i].file == file && pages[i].state == 1) pages[i].state = fails_now ? 2 : 0;
  int told = fd < 1024 && (opened[fd].file == file ? opened[fd].seen : 0) < *errors;
  if (fd < 1024) { opened[fd].file = file; opened[fd].seen = *errors; }
  if (fails_now || told) { errno = EIO; return 1; }
  return 0;
}
void bad_forget(void) {
  at = -1;
  for (int i = 0; i < used; i++) {
    if (pages[i].state != 2) continue;
    int fd = open(pages[i].path, O_RDWR);
    if (fd < 0) continue;
    char page[PAGE] = {0};
    memcpy(page, pages[i].old, pages[i].size);
    struct stat st;
    if (!fstat(fd, &st) && st.st_ino == pages[i].file && st.st_size > pages[i].number * PAGE) {
      off_t left = st.st_size - pages[i].number * PAGE;
      if (pwrite(fd, page, left < PAGE ? left : PAGE, pages[i].number * PAGE) < 0) abort();
    }
    close(fd);
  }
}
#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *data, size_t size) {
  REAL(ssize_t, "write", int, const void *, size_t);
  if (below(fd) && fails(0)) return kind == 2 && count == at && size > 1 ? real(fd, data, size / 2) : -1;
  dirties(fd, lseek(fd, 0, SEEK_CUR), size);
  return real(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t where) {
  REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
  if (below(fd) && fails(0)) return kind == 2 && count == at && size > 1 ? real(fd, data, size / 2, where) : -1;
  dirties(fd, where, size);
  return real(fd, data, size, where);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off_t where) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
  if (below(fd) && fails(0)) return kind == 2 && count == at && size > 1 ? real(fd, data, size / 2, where) : -1;
  dirties(fd, where, size);
  return real(fd, data, size, where);
}
int fsync(int fd) {
  REAL(int, "fsync", int);
  return (kind == 4 ? synced(fd) : below(fd) && fails(1)) ? -1 : real(fd);
}
int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  return (kind == 4 ? synced(fd) : below(fd) && fails(1)) ? -1 : real(fd);
}
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
  return making(path, flags) ? -1 : opens(real(path, flags, mode));
}
int open64(const char *path, int flags, ...) {
  REAL(int, "open64", const char *, int, ...);
  va_list more; va_start(more, flags); int mode = va_arg(more, int); va_end(more);
  return making(path, flags) ? -1 : opens(real(path, flags, mode));
}
