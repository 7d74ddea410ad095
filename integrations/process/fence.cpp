#include "integrations/process/fence.hpp"

#include "integrations/process/programs.hpp"
#include "integrations/process/syscall_filter.hpp"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace driftwarden::process {

namespace {

// The headers that this may be built with know less than the kernels that it runs on.
constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;
constexpr unsigned kAskVersion = 1;
constexpr unsigned kPathBeneath = 1;

namespace access {
constexpr std::uint64_t kExecute = 1U << 0U;
constexpr std::uint64_t kWriteFile = 1U << 1U;
constexpr std::uint64_t kReadFile = 1U << 2U;
constexpr std::uint64_t kReadDirectory = 1U << 3U;
constexpr std::uint64_t kRemoveDirectory = 1U << 4U;
constexpr std::uint64_t kRemoveFile = 1U << 5U;
constexpr std::uint64_t kMakeDirectory = 1U << 7U;
constexpr std::uint64_t kMakeFile = 1U << 8U;
constexpr std::uint64_t kMakeSocket = 1U << 9U;  // plugins of tofu listen there; without the network there is no socket to bind
constexpr std::uint64_t kMakeFifo = 1U << 10U;
constexpr std::uint64_t kMakeLink = 1U << 12U;
constexpr std::uint64_t kAllOfFirst = (1U << 13U) - 1;
constexpr std::uint64_t kRefer = 1U << 13U;     // version 2
constexpr std::uint64_t kTruncate = 1U << 14U;  // version 3
constexpr std::uint64_t kDeviceIoctl = 1U << 15U;  // version 5
constexpr std::uint64_t kOfFiles = kExecute | kWriteFile | kReadFile | kTruncate | kDeviceIoctl;

constexpr std::uint64_t kRead = kReadFile | kReadDirectory;
constexpr std::uint64_t kRun = kRead | kExecute;
constexpr std::uint64_t kWrite =
    kRead | kWriteFile | kRemoveDirectory | kRemoveFile | kMakeDirectory | kMakeFile | kMakeSocket | kMakeFifo | kMakeLink | kRefer | kTruncate;
}  // namespace access

constexpr int kVersionWithTruncate = 3;
constexpr int kVersionWithSignals = 6;

struct RulesetAttributes {
  std::uint64_t files;
  std::uint64_t network;  ///< version 4: TCP
  std::uint64_t scoped;   ///< version 6: abstract sockets, signals
};
struct [[gnu::packed]] PathRule {
  std::uint64_t allowed;
  std::int32_t directory;
};

int landlock_version() {
  const auto version = ::syscall(kCreateRuleset, nullptr, 0, kAskVersion);
  return version < 0 ? 0 : static_cast<int>(version);
}

bool has_seccomp() {
  const std::uint32_t action = SECCOMP_RET_ERRNO;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

std::uint64_t handled_by(int version) {
  auto all = access::kAllOfFirst;
  if (version >= 2) all |= access::kRefer;
  if (version >= kVersionWithTruncate) all |= access::kTruncate;
  if (version >= 5) all |= access::kDeviceIoctl;
  return all;
}

constexpr std::array kSystemPrograms{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store"};
constexpr std::array kSystemFiles{"/etc/ssl",          "/etc/ca-certificates", "/etc/pki",       "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime",
                                  "/etc/nsswitch.conf", "/etc/mime.types",     "/etc/python3",   "/etc/python3.11",  "/etc/python3.12", "/etc/python3.13",   "/dev/zero",
                                  "/dev/full",         "/dev/random",          "/dev/urandom",   "/proc/cpuinfo",    "/proc/meminfo",   "/proc/version",     "/sys/devices/system/cpu",
                                  "/sys/kernel/mm/transparent_hugepage"};
constexpr std::array kNetworkFiles{"/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols"};

class Rules {
 public:
  Rules(int version, bool network) : handled_(handled_by(version)) {
    const RulesetAttributes attributes{handled_, version >= 4 && !network ? 3U : 0U, version >= kVersionWithSignals ? 3U : 0U};
    descriptor_ = Descriptor(static_cast<int>(::syscall(kCreateRuleset, &attributes, sizeof attributes, 0)));
    if (!descriptor_.open()) failed_ = errno;
  }

  Result<void> made() const { return failed_ == 0 ? Result<void>{} : Result<void>(error("making its rules", failed_)); }

  /// False when there is no such path.
  Result<bool> allow(const std::string& path, std::uint64_t what) {
    const Descriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat info {};
    if (!place.open() || ::fstat(place.get(), &info) != 0) return false;
    if (!S_ISDIR(info.st_mode)) what &= access::kOfFiles;
    const PathRule rule{what & handled_, place.get()};
    if (::syscall(kAddRule, descriptor_.get(), kPathBeneath, &rule, 0) != 0) return error("allowing " + path, errno);
    return true;
  }

  Result<void> require(const std::string& path, std::uint64_t what) {
    TRY(const bool there, allow(path, what));
    if (!there) return Error{ErrorKind::NotFound, "a fenced program was to be given " + path + ", which isn't there"};
    return Result<void>{};
  }

  Descriptor take() { return std::move(descriptor_); }

 private:
  static Error error(const std::string& step, int number) { return Error{ErrorKind::Unavailable, "fencing a program: " + step + ": " + std::strerror(number)}; }

  std::uint64_t handled_;
  Descriptor descriptor_;
  int failed_ = 0;
};

/// The file, and what runs it when it is a script.
Result<void> allow_program(Rules& rules, const std::string& file) {
  TRY(bool there, rules.allow(file, access::kRun));
  const auto interpreter = there ? interpreter_of(file) : std::string();
  if (!interpreter.empty()) {
    TRY(there, rules.allow(interpreter, access::kRun));
  }
  return Result<void>{};
}

Result<void> allow_system(Rules& rules, bool network) {
  const auto allow_all = [&](const auto& paths, std::uint64_t what) -> Result<void> {
    for (const auto* path : paths) CHECK_OK(rules.allow(path, what));
    return Result<void>{};
  };
  CHECK_OK(allow_all(kSystemPrograms, access::kRun));
  CHECK_OK(allow_all(kSystemFiles, access::kRead));
  CHECK_OK(rules.allow("/dev/null", access::kReadFile | access::kWriteFile));
  return network ? allow_all(kNetworkFiles, access::kRead) : Result<void>{};
}

Result<Descriptor> make_rules(const Fence& fence, const std::string& program, const std::string& path, int version) {
  Rules rules(version, fence.network);
  CHECK_OK(rules.made());
  CHECK_OK(allow_system(rules, fence.network));
  CHECK_OK(allow_program(rules, program));
  for (const auto& name : fence.programs) {
    const auto file = find_program(name, path);
    if (file) CHECK_OK(allow_program(rules, *file));
  }
  for (const auto& directory : fence.readable) CHECK_OK(rules.require(directory, access::kRead));
  for (const auto& directory : fence.writable) CHECK_OK(rules.require(directory, access::kWrite));
  return rules.take();
}

}  // namespace

std::string missing_for_fence() {
  std::string missing;
  if (landlock_version() < 1) missing = "Landlock (Linux 5.13 with \"landlock\" among its security modules; containers must allow its system calls)";
  if (!has_seccomp() || make_syscall_filter({}).empty()) missing += std::string(missing.empty() ? "" : " and ") + "seccomp filters";
  return missing;
}

Result<ReadyFence> ReadyFence::make(const Fence& fence, const std::string& program, const std::string& path) {
  if (fence.required) {
    if (const auto missing = missing_for_fence(); !missing.empty()) {
      return Error{ErrorKind::Denied, "it would have to run in a fence, and this kernel lacks " + missing};
    }
  }
  ReadyFence ready;
  const auto version = landlock_version();
  if (version >= 1) {
    TRY(ready.rules_, make_rules(fence, program, path, version));
  }
  if (has_seccomp()) {
    ready.filter_ = make_syscall_filter({.network = fence.network,
                                         .keep_modes = fence.keep_modes,
                                         .refuse_truncation = version < kVersionWithTruncate,
                                         .refuse_signals = version < kVersionWithSignals,
                                         .processes = fence.processes});
  }
  return ready;
}

int ReadyFence::put_up() const noexcept {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  if (rules_.open()) {
    // Its own /proc/self can only be named by itself.
    const int self = ::open("/proc/self", O_PATH | O_CLOEXEC | O_DIRECTORY);
    if (self >= 0) {
      const PathRule rule{access::kRead, self};
      (void)::syscall(kAddRule, rules_.get(), kPathBeneath, &rule, 0);
      ::close(self);
    }
    if (::syscall(kRestrictSelf, rules_.get(), 0) != 0) return errno;
  }
  if (filter_.empty()) return 0;
  sock_fprog program{};
  program.len = static_cast<unsigned short>(filter_.size());
  program.filter = const_cast<sock_filter*>(filter_.data());
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0 ? 0 : errno;
}

}  // namespace driftwarden::process
