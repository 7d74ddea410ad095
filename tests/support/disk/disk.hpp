#pragma once
// A disk in memory, as an SQLite VFS. It keeps apart what was synced and what was only written, can fail at any of its operations, and can lose
// power: of what wasn't synced any part may then be there, sector by sector. The same seed and the same calls give the same disk.
//
//   Disk disk(seed);
//   auto store = Store::open("bot.db", clock, {.vfs = disk.vfs()});
//   disk.fail_at(disk.operations() + 7, DiskFault::PowerLoss);
//   ...                  // that operation and all later ones fail
//   store->reset();      // close all connections
//   disk.restart();      // what survived is there again
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwarden::test {

enum class DiskFault { None, Full, IoError, ReadOnly, PowerLoss };

struct DiskCounts {
  std::uint64_t writes = 0;
  std::uint64_t syncs = 0;
  std::uint64_t others = 0;  ///< creations, truncations, deletions
  std::uint64_t faults = 0;
  std::uint64_t power_losses = 0;
  std::uint64_t lost_sectors = 0;  ///< written, not synced, and gone
};

/// Internal to disk.cpp and its tests: one file's bytes.
class DiskFile;

class Disk {
 public:
  explicit Disk(std::uint64_t seed = 1);
  ~Disk();  ///< every connection must be closed by then
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  const std::string& vfs() const { return name_; }

  /// Operations are what alters the disk: creations, writes, truncations, syncs, deletions. The first has number 1.
  std::uint64_t operations() const { return operations_; }
  /// That operation fails, and with `stays` (always for PowerLoss) every later one until mend() or restart().
  void fail_at(std::uint64_t operation, DiskFault fault, bool stays = false);
  void fail_now(DiskFault fault, bool stays = true) { fail_at(operations_ + 1, fault, stays); }
  void mend();
  /// Reading fails, too, as on a dying disk.
  void fail_reads(bool fail) { reads_fail_ = fail; }

  /// Everything fails from now on, reads too, until restart().
  void cut_power() { off_ = true; }
  bool is_off() const { return off_; }
  /// Power is back: what was synced is there, and of the rest an arbitrary part. Also after no power loss: then like a process that was killed,
  /// of which everything written is there. Every connection must be closed.
  void restart();

  std::vector<std::string> files() const;
  bool exists(const std::string& name) const { return files_.contains(name); }
  std::string content(const std::string& name) const;
  /// Somebody else alters the file, durably.
  void put(const std::string& name, std::string content);
  void remove(const std::string& name);

  const DiskCounts& counts() const { return counts_; }

  // What the VFS calls. An int is an SQLite result code.
  int open(const std::string& name, bool create, std::shared_ptr<DiskFile>& file);
  int read(DiskFile& file, char* to, std::size_t size, std::size_t offset);
  int write(DiskFile& file, const char* from, std::size_t size, std::size_t offset);
  int truncate(DiskFile& file, std::size_t size);
  int sync(DiskFile& file);
  int erase(const std::string& name, bool durable);
  std::uint64_t random();

 private:
  int begin(std::uint64_t& counter);
  void settle(DiskFile& file, bool after_power_loss);

  std::string name_;
  void* registered_ = nullptr;
  std::uint64_t random_;
  std::map<std::string, std::shared_ptr<DiskFile>> files_;
  std::map<std::string, std::shared_ptr<DiskFile>> erased_;  ///< may come back when power is lost
  std::uint64_t operations_ = 0;
  std::uint64_t fail_at_ = 0;
  DiskFault fault_ = DiskFault::None;
  bool stays_ = false;
  bool reads_fail_ = false;
  bool off_ = false;
  DiskCounts counts_;
};

}  // namespace driftwarden::test
