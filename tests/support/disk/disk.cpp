#include "tests/support/disk/disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

namespace driftwarden::test {
namespace {

constexpr std::size_t kSector = 512;
constexpr std::size_t kShmLocks = SQLITE_SHM_NLOCK;

}  // namespace

class DiskFile {
 public:
  /// A write, or with no bytes a change of the size.
  struct Change {
    std::size_t offset = 0;
    std::string bytes{};
    bool truncates = false;
  };

  std::string now;                ///< what a reader sees
  std::string synced;             ///< what survives in any case
  std::vector<Change> unsynced{}; ///< what leads from the one to the other
  bool created = false;           ///< its name is on the disk

  // The locks of the connections that have it open.
  int shared = 0;
  const void* reserved = nullptr;
  const void* pending = nullptr;
  const void* exclusive = nullptr;
  std::vector<std::unique_ptr<char[]>> shm{};
  std::array<int, kShmLocks> shm_shared{};
  std::array<const void*, kShmLocks> shm_exclusive{};
};

namespace {

/// SQLite's handle of an open file: it allocates the bytes, open_file() makes the object in them.
struct Handle {
  sqlite3_file base{};
  Disk* disk = nullptr;
  std::shared_ptr<DiskFile> file{};
  std::string name{};
  bool delete_on_close = false;
  int level = SQLITE_LOCK_NONE;
  unsigned shm_shared = 0;     ///< bits of the locks that this connection holds
  unsigned shm_exclusive = 0;
};

Handle& handle(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
Disk& disk_of(sqlite3_vfs* vfs) { return *static_cast<Disk*>(vfs->pAppData); }

int unlock_to(Handle& h, int level) {
  auto& file = *h.file;
  if (h.level == level) return SQLITE_OK;
  if (file.exclusive == &h) file.exclusive = nullptr;
  if (file.pending == &h) file.pending = nullptr;
  if (file.reserved == &h) file.reserved = nullptr;
  if (level == SQLITE_LOCK_NONE && h.level >= SQLITE_LOCK_SHARED) --file.shared;
  h.level = level;
  return SQLITE_OK;
}

int lock_to(Handle& h, int level) {
  auto& file = *h.file;
  if (h.level >= level) return SQLITE_OK;
  if (h.level == SQLITE_LOCK_NONE) {
    if (file.pending || file.exclusive) return SQLITE_BUSY;
    ++file.shared;
    h.level = SQLITE_LOCK_SHARED;
  }
  if (level >= SQLITE_LOCK_RESERVED && h.level < SQLITE_LOCK_RESERVED) {
    if (file.reserved) return SQLITE_BUSY;
    file.reserved = &h;
    h.level = SQLITE_LOCK_RESERVED;
  }
  if (level == SQLITE_LOCK_EXCLUSIVE) {
    file.pending = &h;
    h.level = SQLITE_LOCK_PENDING;
    if (file.shared > 1) return SQLITE_BUSY;
    file.exclusive = &h;
    h.level = SQLITE_LOCK_EXCLUSIVE;
  }
  return SQLITE_OK;
}

void drop_shm_locks(Handle& h) {
  for (unsigned at = 0; at < kShmLocks; ++at) {
    if ((h.shm_shared >> at & 1U) != 0) --h.file->shm_shared[at];
    if ((h.shm_exclusive >> at & 1U) != 0) h.file->shm_exclusive[at] = nullptr;
  }
  h.shm_shared = 0;
  h.shm_exclusive = 0;
}

int shm_lock(sqlite3_file* opened, int offset, int n, int flags) {
  auto& h = handle(opened);
  auto& file = *h.file;
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  const auto first = static_cast<unsigned>(offset);
  const auto end = first + static_cast<unsigned>(n);
  if ((flags & SQLITE_SHM_LOCK) != 0) {
    for (auto at = first; at < end; ++at) {
      if (file.shm_exclusive[at] && file.shm_exclusive[at] != &h) return SQLITE_BUSY;
      if (exclusive && file.shm_shared[at] > static_cast<int>(h.shm_shared >> at & 1U)) return SQLITE_BUSY;
    }
  }
  for (auto at = first; at < end; ++at) {
    const unsigned bit = 1U << at;
    auto& mine = exclusive ? h.shm_exclusive : h.shm_shared;
    const bool had = (mine & bit) != 0;
    const bool wants = (flags & SQLITE_SHM_LOCK) != 0;
    if (had == wants) continue;
    mine ^= bit;
    if (exclusive) {
      file.shm_exclusive[at] = wants ? &h : nullptr;
    } else {
      file.shm_shared[at] += wants ? 1 : -1;
    }
  }
  return SQLITE_OK;
}

int shm_map(sqlite3_file* opened, int region, int size, int extend, void volatile** out) {
  auto& shm = handle(opened).file->shm;
  const auto index = static_cast<std::size_t>(region);
  *out = nullptr;
  if (index >= shm.size() && extend == 0) return SQLITE_OK;
  while (index >= shm.size()) shm.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
  *out = shm[index].get();
  return SQLITE_OK;
}

int shm_unmap(sqlite3_file* opened, int erase) {
  auto& h = handle(opened);
  drop_shm_locks(h);
  if (erase != 0) h.file->shm.clear();
  return SQLITE_OK;
}

int close_file(sqlite3_file* opened) {
  auto& h = handle(opened);
  drop_shm_locks(h);
  unlock_to(h, SQLITE_LOCK_NONE);
  if (h.delete_on_close) h.disk->erase(h.name, false);
  h.~Handle();
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = [] {
  sqlite3_io_methods methods{};
  methods.iVersion = 2;
  methods.xClose = close_file;
  methods.xRead = [](sqlite3_file* f, void* to, int size, sqlite3_int64 offset) {
    return handle(f).disk->read(*handle(f).file, static_cast<char*>(to), static_cast<std::size_t>(size), static_cast<std::size_t>(offset));
  };
  methods.xWrite = [](sqlite3_file* f, const void* from, int size, sqlite3_int64 offset) {
    return handle(f).disk->write(*handle(f).file, static_cast<const char*>(from), static_cast<std::size_t>(size), static_cast<std::size_t>(offset));
  };
  methods.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) { return handle(f).disk->truncate(*handle(f).file, static_cast<std::size_t>(size)); };
  methods.xSync = [](sqlite3_file* f, int) { return handle(f).disk->sync(*handle(f).file); };
  methods.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(handle(f).file->now.size());
    return SQLITE_OK;
  };
  methods.xLock = [](sqlite3_file* f, int level) { return lock_to(handle(f), level); };
  methods.xUnlock = [](sqlite3_file* f, int level) { return unlock_to(handle(f), level); };
  methods.xCheckReservedLock = [](sqlite3_file* f, int* taken) {
    *taken = handle(f).file->reserved != nullptr ? 1 : 0;
    return SQLITE_OK;
  };
  methods.xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; };
  methods.xSectorSize = [](sqlite3_file*) { return static_cast<int>(kSector); };
  methods.xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; };
  methods.xShmMap = shm_map;
  methods.xShmLock = shm_lock;
  methods.xShmBarrier = [](sqlite3_file*) {};
  methods.xShmUnmap = shm_unmap;
  return methods;
}();

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* opened, int flags, int* out_flags) {
  auto& disk = disk_of(vfs);
  static std::atomic<int> temporary{0};
  const std::string path = name ? name : "temporary-" + std::to_string(++temporary);
  opened->pMethods = nullptr;
  std::shared_ptr<DiskFile> file;
  const int code = disk.open(path, (flags & SQLITE_OPEN_CREATE) != 0, file);
  if (code != SQLITE_OK) return code;
  auto* made = new (opened) Handle{};
  made->disk = &disk;
  made->file = std::move(file);
  made->name = path;
  made->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  made->base.pMethods = &kMethods;
  if (out_flags) *out_flags = flags;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  if (std::strlen(name) >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::strcpy(out, name);
  return SQLITE_OK;
}

int fill_randomly(sqlite3_vfs* vfs, int size, char* out) {
  for (int at = 0; at < size; ++at) out[at] = static_cast<char>(disk_of(vfs).random());
  return size;
}

std::unique_ptr<sqlite3_vfs> make_vfs(Disk& disk, const std::string& name) {
  auto vfs = std::make_unique<sqlite3_vfs>();
  vfs->iVersion = 2;
  vfs->szOsFile = sizeof(Handle);
  vfs->mxPathname = 512;
  vfs->zName = name.c_str();
  vfs->pAppData = &disk;
  vfs->xOpen = open_file;
  vfs->xDelete = [](sqlite3_vfs* v, const char* path, int durable) { return disk_of(v).erase(path, durable != 0); };
  vfs->xAccess = [](sqlite3_vfs* v, const char* path, int flags, int* there) {
    auto& d = disk_of(v);
    // An empty journal counts as none, as in SQLite's own.
    *there = d.exists(path) && (flags != SQLITE_ACCESS_EXISTS || !d.content(path).empty()) ? 1 : 0;
    return SQLITE_OK;
  };
  vfs->xFullPathname = full_path;
  vfs->xRandomness = fill_randomly;
  vfs->xSleep = [](sqlite3_vfs*, int microseconds) { return microseconds; };
  vfs->xCurrentTimeInt64 = [](sqlite3_vfs*, sqlite3_int64* milliseconds) {
    *milliseconds = 210866760000000;  // 1970-01-01 in Julian days
    return SQLITE_OK;
  };
  vfs->xCurrentTime = [](sqlite3_vfs*, double* days) {
    *days = 2440587.5;
    return SQLITE_OK;
  };
  vfs->xGetLastError = [](sqlite3_vfs*, int, char*) { return 0; };
  return vfs;
}

std::string next_name() {
  static std::atomic<int> made{0};
  return "driftwarden-test-disk-" + std::to_string(++made);
}

void apply(std::string& content, std::size_t offset, std::string_view bytes) {
  if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size(), '\0');
  content.replace(offset, bytes.size(), bytes);
}

}  // namespace

Disk::Disk(std::uint64_t seed) : name_(next_name()), random_(seed * 0x9e3779b97f4a7c15ULL + 1) {
  auto vfs = make_vfs(*this, name_);
  if (sqlite3_vfs_register(vfs.get(), 0) != SQLITE_OK) throw std::runtime_error("registering " + name_);
  registered_ = vfs.release();
  // Salts of the WAL; 0 would mean the system's chance.
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(seed % 0x7ffffffeU) + 1, nullptr);
}

Disk::~Disk() {
  std::unique_ptr<sqlite3_vfs> vfs{static_cast<sqlite3_vfs*>(registered_)};
  sqlite3_vfs_unregister(vfs.get());
}

/// SplitMix64.
std::uint64_t Disk::random() {
  random_ += 0x9e3779b97f4a7c15ULL;
  auto z = random_;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

void Disk::fail_at(std::uint64_t operation, DiskFault fault, bool stays) {
  fail_at_ = operation;
  fault_ = fault;
  stays_ = stays;
}

void Disk::mend() {
  fault_ = DiskFault::None;
  reads_fail_ = false;
}

int Disk::begin(std::uint64_t& counter) {
  if (off_) return SQLITE_IOERR_WRITE;
  ++operations_;
  const bool fails = fault_ != DiskFault::None && (operations_ == fail_at_ || (stays_ && operations_ > fail_at_));
  if (!fails) {
    ++counter;
    return SQLITE_OK;
  }
  ++counts_.faults;
  switch (fault_) {
    case DiskFault::Full: return SQLITE_FULL;
    case DiskFault::ReadOnly: return SQLITE_READONLY;
    case DiskFault::PowerLoss: off_ = true; return SQLITE_IOERR_WRITE;
    default: return SQLITE_IOERR_WRITE;
  }
}

int Disk::open(const std::string& name, bool create, std::shared_ptr<DiskFile>& file) {
  if (off_) return SQLITE_CANTOPEN;
  if (const auto found = files_.find(name); found != files_.end()) {
    file = found->second;
    return SQLITE_OK;
  }
  if (!create) return SQLITE_CANTOPEN;
  if (const int code = begin(counts_.others); code != SQLITE_OK) return code == SQLITE_FULL ? SQLITE_FULL : SQLITE_CANTOPEN;
  file = std::make_shared<DiskFile>();
  files_.emplace(name, file);
  return SQLITE_OK;
}

int Disk::read(DiskFile& file, char* to, std::size_t size, std::size_t offset) {
  if (off_ || reads_fail_) return SQLITE_IOERR_READ;
  const auto there = offset < file.now.size() ? std::min(size, file.now.size() - offset) : 0;
  std::copy_n(file.now.data() + std::min(offset, file.now.size()), there, to);
  if (there == size) return SQLITE_OK;
  std::fill_n(to + there, size - there, '\0');
  return SQLITE_IOERR_SHORT_READ;
}

int Disk::write(DiskFile& file, const char* from, std::size_t size, std::size_t offset) {
  const bool was_off = off_;
  const int code = begin(counts_.writes);
  // What was under way when the power went may have reached the disk.
  const bool under_way = off_ && !was_off;
  if (code != SQLITE_OK && !under_way) return code;
  const std::string_view bytes{from, size};
  apply(file.now, offset, bytes);
  file.unsynced.push_back({.offset = offset, .bytes = std::string{bytes}});
  return code;
}

int Disk::truncate(DiskFile& file, std::size_t size) {
  if (const int code = begin(counts_.others); code != SQLITE_OK) return code;
  file.now.resize(size, '\0');
  file.unsynced.push_back({.offset = size, .bytes = {}, .truncates = true});
  return SQLITE_OK;
}

int Disk::sync(DiskFile& file) {
  if (const int code = begin(counts_.syncs); code != SQLITE_OK) return code == SQLITE_IOERR_WRITE ? SQLITE_IOERR_FSYNC : code;
  file.synced = file.now;
  file.unsynced.clear();
  if (!file.created) {
    // SQLite syncs the directory with a new journal or WAL: every name in it is durable then, and every deletion.
    for (auto& [name, other] : files_) other->created = true;
    erased_.clear();
  }
  return SQLITE_OK;
}

int Disk::erase(const std::string& name, bool durable) {
  const auto found = files_.find(name);
  if (found == files_.end()) return SQLITE_IOERR_DELETE_NOENT;
  if (const int code = begin(counts_.others); code != SQLITE_OK) return code == SQLITE_IOERR_WRITE ? SQLITE_IOERR_DELETE : code;
  erased_.erase(name);
  if (!durable && found->second->created) erased_.emplace(name, found->second);
  files_.erase(found);
  return SQLITE_OK;
}

/// Of each unsynced write an arbitrary part of its sectors, in order; of each truncation all or nothing.
void Disk::settle(DiskFile& file, bool after_power_loss) {
  if (after_power_loss) {
    auto left = file.synced;
    // Sometimes all, sometimes nothing: real disks do both, and a coin for each sector hardly ever would.
    const auto luck = random() % 4;
    for (const auto& change : file.unsynced) {
      if (change.truncates) {
        if (luck == 3 || (luck != 0 && random() % 2 == 0)) left.resize(change.offset, '\0');
        continue;
      }
      for (std::size_t at = 0; at < change.bytes.size();) {
        const auto size = std::min(kSector - (change.offset + at) % kSector, change.bytes.size() - at);
        if (luck == 3 || (luck != 0 && random() % 2 == 0)) {
          apply(left, change.offset + at, std::string_view{change.bytes}.substr(at, size));
        } else {
          ++counts_.lost_sectors;
        }
        at += size;
      }
    }
    file.now = std::move(left);
  }
  file.synced = file.now;
  file.unsynced.clear();
  file.created = true;
  file.shm.clear();
}

void Disk::restart() {
  const bool lost = off_;
  if (lost) ++counts_.power_losses;
  if (lost) {
    for (auto& [name, file] : erased_) {
      if (!files_.contains(name) && random() % 2 == 0) files_.emplace(name, file);
    }
    std::erase_if(files_, [this](const auto& entry) { return !entry.second->created && random() % 2 == 0; });
  }
  erased_.clear();
  for (auto& [name, file] : files_) settle(*file, lost);
  off_ = false;
  mend();
}

std::vector<std::string> Disk::files() const {
  std::vector<std::string> names;
  for (const auto& [name, file] : files_) names.push_back(name);
  return names;
}

std::string Disk::content(const std::string& name) const {
  const auto found = files_.find(name);
  return found == files_.end() ? std::string{} : found->second->now;
}

void Disk::put(const std::string& name, std::string content) {
  auto& file = files_[name];
  if (!file) file = std::make_shared<DiskFile>();
  file->now = std::move(content);
  settle(*file, false);
}

void Disk::remove(const std::string& name) {
  files_.erase(name);
  erased_.erase(name);
}

}  // namespace driftwarden::test
