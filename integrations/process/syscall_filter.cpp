#include "integrations/process/syscall_filter.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace driftwarden::process {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
constexpr std::uint32_t kForeignNumbers = 0x40000000;  // x32's, whose calls this filter doesn't list
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t kForeignNumbers = 0;
#else
constexpr std::uint32_t kArchitecture = 0;
constexpr std::uint32_t kForeignNumbers = 0;
#endif

// The same on every processor, and newer than the headers that this may be built with.
constexpr long kIoUringSetup = 425;
constexpr long kIoUringEnter = 426;
constexpr long kIoUringRegister = 427;
constexpr long kOpenTree = 428;
constexpr long kMoveMount = 429;
constexpr long kFsOpen = 430;
constexpr long kFsConfig = 431;
constexpr long kFsMount = 432;
constexpr long kFsPick = 433;
constexpr long kClone3 = 435;
constexpr long kOpenAt2 = 437;
constexpr long kPidfdGetFd = 438;
constexpr long kProcessMadvise = 440;
constexpr long kMountSetAttr = 442;
constexpr long kQuotactlFd = 443;
constexpr long kFchmodAt2 = 452;
constexpr long kSetXattrAt = 463;
constexpr long kRemoveXattrAt = 466;
constexpr long kOpenTreeAttr = 467;
constexpr long kFileSetAttr = 469;

constexpr std::uint32_t kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

constexpr sock_filter statement(unsigned code, std::uint32_t k) { return {static_cast<std::uint16_t>(code), 0, 0, k}; }
constexpr sock_filter jump(unsigned code, std::uint32_t k, std::size_t if_true, std::size_t if_false) {
  return {static_cast<std::uint16_t>(BPF_JMP | code | BPF_K), static_cast<std::uint8_t>(if_true), static_cast<std::uint8_t>(if_false), k};
}
constexpr sock_filter load(std::size_t offset) { return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
constexpr sock_filter load_number() { return load(offsetof(seccomp_data, nr)); }
/// The lower half: both processors are little-endian, and no argument asked about has more than 32 bits.
constexpr sock_filter load_argument(std::size_t index) { return load(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t)); }
constexpr sock_filter finish(std::uint32_t action) { return statement(BPF_RET | BPF_K, action); }
constexpr sock_filter refuse(int error) { return finish(SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)); }

/// Each rule finds the call's number loaded, and leaves it so.
class Program {
 public:
  Program() {
    add({load(offsetof(seccomp_data, arch)), jump(BPF_JEQ, kArchitecture, 1, 0), finish(SECCOMP_RET_KILL_PROCESS), load_number()});
    if (kForeignNumbers != 0) add({jump(BPF_JGE, kForeignNumbers, 0, 1), finish(SECCOMP_RET_KILL_PROCESS)});
  }

  void never(int error, std::initializer_list<long> calls) {
    for (const auto call : calls) add({jump(BPF_JEQ, number(call), 0, 1), refuse(error)});
  }
  void not_with_any(long call, std::size_t argument, std::uint32_t bits, int error) {
    when(call, {load_argument(argument), jump(BPF_JSET, bits, 0, 1), refuse(error)});
  }
  void only_with(long call, std::size_t argument, std::initializer_list<std::uint32_t> values, int error) {
    std::vector<sock_filter> body{load_argument(argument)};
    auto left = values.size();
    for (const auto value : values) body.push_back(jump(BPF_JEQ, value, left--, 0));
    body.push_back(refuse(error));
    when(call, body);
  }
  /// O_TRUNC empties a file that is opened for reading, too.
  void no_truncating_read(long call, std::size_t flags) {
    when(call, {load_argument(flags), jump(BPF_JSET, O_TRUNC, 0, 3), statement(BPF_ALU | BPF_AND | BPF_K, O_ACCMODE), jump(BPF_JEQ, O_RDONLY, 0, 1), refuse(EACCES)});
  }

  std::vector<sock_filter> take() {
    add({finish(SECCOMP_RET_ALLOW)});
    return std::move(code_);
  }

 private:
  static std::uint32_t number(long call) { return static_cast<std::uint32_t>(call); }
  void add(const std::vector<sock_filter>& more) { code_.insert(code_.end(), more.begin(), more.end()); }
  void when(long call, std::vector<sock_filter> body) {
    body.push_back(load_number());
    add({jump(BPF_JEQ, number(call), 0, body.size())});
    add(body);
  }

  std::vector<sock_filter> code_;
};

/// Other processes, other views of the system, the kernel itself. io_uring could make sockets unseen.
void refuse_powers(Program& program) {
  program.never(EPERM, {SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, kPidfdGetFd, kProcessMadvise, SYS_userfaultfd, SYS_perf_event_open, SYS_bpf});
  program.never(EPERM, {SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, kOpenTree, kOpenTreeAttr, kMoveMount, kFsOpen, kFsConfig, kFsMount, kFsPick, kMountSetAttr});
  program.never(EPERM, {SYS_keyctl, SYS_add_key, SYS_request_key, kIoUringSetup, kIoUringEnter, kIoUringRegister, SYS_fanotify_init, SYS_open_by_handle_at, SYS_syslog});
  program.never(EPERM, {SYS_swapon, SYS_swapoff, SYS_reboot, SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_acct, SYS_quotactl, kQuotactlFd});
  program.never(EPERM, {SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname, SYS_vhangup});
  program.never(EPERM, {SYS_shmget, SYS_shmat, SYS_msgget, SYS_semget, SYS_mq_open});
#if defined(__x86_64__)
  program.never(EPERM, {SYS_iopl, SYS_ioperm, SYS_modify_ldt});
#endif
  // Its flags are behind a pointer; libraries fall back to clone.
  program.never(ENOSYS, {kClone3});
  program.not_with_any(SYS_clone, 0, kNamespaces, EPERM);
  program.only_with(SYS_prlimit64, 0, {0}, EPERM);
}

/// All that it starts stays in its process group, so that one signal ends all of it.
void keep_in_group(Program& program) { program.never(EPERM, {SYS_setsid, SYS_setpgid}); }

void keep_modes(Program& program) {
  program.never(EPERM, {SYS_fchmod, SYS_fchmodat, kFchmodAt2, SYS_fchown, SYS_fchownat, SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr,
                        kSetXattrAt, kRemoveXattrAt, kFileSetAttr});
#if defined(__x86_64__)
  program.never(EPERM, {SYS_chmod, SYS_chown, SYS_lchown});
#endif
}

void mind_sockets(Program& program, bool network) {
  if (network) {
    program.only_with(SYS_socket, 0, {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK}, EACCES);
    program.only_with(SYS_socketpair, 0, {AF_UNIX}, EACCES);
  } else {
    program.never(EACCES, {SYS_socket, SYS_socketpair});
  }
}

void refuse_truncation(Program& program) {
  program.never(EACCES, {SYS_truncate});
  program.never(ENOSYS, {kOpenAt2});
  program.no_truncating_read(SYS_openat, 2);
#if defined(__x86_64__)
  program.no_truncating_read(SYS_open, 1);
#endif
}

}  // namespace

std::vector<sock_filter> make_syscall_filter(const FilterNeeds& needs) {
  if (kArchitecture == 0) return {};
  Program program;
  refuse_powers(program);
  if (!needs.processes) keep_in_group(program);
  if (needs.keep_modes) keep_modes(program);
  mind_sockets(program, needs.network);
  if (needs.refuse_truncation) refuse_truncation(program);
  // tgkill stays: runtimes interrupt their own threads with it.
  if (needs.refuse_signals && !needs.processes) program.never(EPERM, {SYS_kill, SYS_tkill, SYS_pidfd_send_signal, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo});
  return program.take();
}

}  // namespace driftwarden::process
