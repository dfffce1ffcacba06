// Loaded into Facet's processes by LD_PRELOAD: counts what they write below one folder, and at one moment of the count kills
// the process, tears a write, or lets the disk be full or broken. The count is shared by all processes of a study (plan.ts).
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

enum Kind : uint32_t { NOTHING = 0, KILL_BEFORE = 1, KILL_AFTER = 2, TEAR = 3, FULL = 4, BROKEN = 5 };

// The layout is plan.ts's.
struct Plan {
  std::atomic<uint64_t> count;
  std::atomic<uint64_t> at;
  std::atomic<uint32_t> kind;
  std::atomic<uint32_t> struck;
  char process[96]; // part of the command line of the processes that count
  char match[96];   // part of the paths that count
  char root[256];   // folder below which paths count
};

Plan* plan = nullptr;
char commandLine[4096];

__attribute__((constructor)) void load() {
  const char* path = getenv("FACET_FAULT_PLAN");
  if (!path)
    return;
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0)
    return;
  void* memory = mmap(nullptr, sizeof(Plan), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  int own = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  ssize_t length = read(own, commandLine, sizeof commandLine - 1);
  close(own);
  for (ssize_t i = 0; i < length - 1; i++)
    if (commandLine[i] == 0)
      commandLine[i] = ' ';
  if (memory != MAP_FAILED)
    plan = static_cast<Plan*>(memory);
}

bool counts(const char* path) {
  return plan && strstr(commandLine, plan->process) && strncmp(path, plan->root, strlen(plan->root)) == 0 && strstr(path, plan->match);
}

bool counts(int file) {
  if (!plan)
    return false;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0)
    return false;
  path[length] = 0;
  return counts(path);
}

// What happens to this operation; the first one that is not NOTHING strikes.
Kind next(bool isCounted) {
  if (!isCounted)
    return NOTHING;
  uint64_t place = plan->count.fetch_add(1);
  Kind kind = static_cast<Kind>(plan->kind.load());
  bool lasts = kind == FULL && place > plan->at.load();
  if (kind == NOTHING || (place != plan->at.load() && !lasts))
    return NOTHING;
  plan->struck.store(1);
  if (kind == KILL_BEFORE)
    kill(getpid(), SIGKILL);
  return kind;
}

template <typename Function> Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// An operation that is done or not done.
template <typename Work> int whole(bool isCounted, Work work) {
  Kind kind = next(isCounted);
  if (kind == FULL || kind == BROKEN) {
    errno = kind == FULL ? ENOSPC : EIO;
    return -1;
  }
  int result = work();
  if (kind == KILL_AFTER || kind == TEAR)
    kill(getpid(), SIGKILL);
  return result;
}

// An operation that can be done in part: `work` writes so many bytes.
template <typename Work> ssize_t partly(int file, size_t bytes, Work work) {
  Kind kind = next(counts(file));
  if (kind == BROKEN || (kind == FULL && (bytes < 2 || plan->count.load() > plan->at.load() + 1))) {
    errno = kind == FULL ? ENOSPC : EIO;
    return -1;
  }
  if (kind == FULL)
    return work(bytes / 2); // what fits; the next write finds no room
  ssize_t result = work(kind == TEAR ? bytes / 2 : bytes);
  if (kind == KILL_AFTER || kind == TEAR)
    kill(getpid(), SIGKILL);
  return result;
}

} // namespace

extern "C" {

ssize_t write(int file, const void* data, size_t bytes) {
  static auto f = real<ssize_t (*)(int, const void*, size_t)>("write");
  return partly(file, bytes, [&](size_t n) { return f(file, data, n); });
}
ssize_t pwrite(int file, const void* data, size_t bytes, off_t at) {
  static auto f = real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return partly(file, bytes, [&](size_t n) { return f(file, data, n, at); });
}
ssize_t pwrite64(int file, const void* data, size_t bytes, off64_t at) {
  static auto f = real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return partly(file, bytes, [&](size_t n) { return f(file, data, n, at); });
}
ssize_t writev(int file, const iovec* parts, int count) {
  static auto f = real<ssize_t (*)(int, const iovec*, int)>("writev");
  size_t bytes = 0;
  for (int i = 0; i < count; i++)
    bytes += parts[i].iov_len;
  // Half of several pieces: as many whole ones as are in it.
  return partly(file, bytes, [&](size_t n) { return f(file, parts, n == bytes ? count : (count + 1) / 2); });
}
ssize_t pwritev(int file, const iovec* parts, int count, off_t at) {
  static auto f = real<ssize_t (*)(int, const iovec*, int, off_t)>("pwritev");
  size_t bytes = 0;
  for (int i = 0; i < count; i++)
    bytes += parts[i].iov_len;
  return partly(file, bytes, [&](size_t n) { return f(file, parts, n == bytes ? count : (count + 1) / 2, at); });
}
int fsync(int file) {
  static auto f = real<int (*)(int)>("fsync");
  return whole(counts(file), [&] { return f(file); });
}
int fdatasync(int file) {
  static auto f = real<int (*)(int)>("fdatasync");
  return whole(counts(file), [&] { return f(file); });
}
int ftruncate(int file, off_t length) {
  static auto f = real<int (*)(int, off_t)>("ftruncate");
  return whole(counts(file), [&] { return f(file, length); });
}
int ftruncate64(int file, off64_t length) {
  static auto f = real<int (*)(int, off64_t)>("ftruncate64");
  return whole(counts(file), [&] { return f(file, length); });
}
int rename(const char* from, const char* to) {
  static auto f = real<int (*)(const char*, const char*)>("rename");
  return whole(counts(to), [&] { return f(from, to); });
}
int link(const char* from, const char* to) {
  static auto f = real<int (*)(const char*, const char*)>("link");
  return whole(counts(to), [&] { return f(from, to); });
}
int unlink(const char* path) {
  static auto f = real<int (*)(const char*)>("unlink");
  // Removing frees room, so a full disk does not stop it.
  return plan && plan->kind.load() == FULL ? f(path) : whole(counts(path), [&] { return f(path); });
}
int mkdir(const char* path, mode_t mode) {
  static auto f = real<int (*)(const char*, mode_t)>("mkdir");
  return whole(counts(path), [&] { return f(path, mode); });
}

} // extern "C"
