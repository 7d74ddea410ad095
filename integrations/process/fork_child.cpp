#include "integrations/process/fork_child.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

namespace driftwarden::process {

namespace {

constexpr int kFirstForeignDescriptor = 3;
constexpr int kSignals = 65;

enum class Step { Pipes, Directory, Limits, Fence, Program };

/// What the child tells before it gives up.
struct Failure {
  Step step;
  int number;
};

struct ChildLimits {
  std::array<std::pair<__rlimit_resource, rlimit>, 5> all{};
  std::size_t count = 0;
  void add(__rlimit_resource what, std::uint64_t soft, std::uint64_t hard) {
    if (soft > 0) all[count++] = {what, rlimit{soft, hard}};
  }
};

ChildLimits limits_of(const ForkPlan& plan) {
  ChildLimits limits;
  const auto& wanted = plan.limits;
  limits.add(RLIMIT_AS, wanted.address_space_bytes, wanted.address_space_bytes);
  // A second between the signal that says why and the one that can't be caught.
  limits.add(RLIMIT_CPU, wanted.cpu_seconds, wanted.cpu_seconds + 1);
  limits.add(RLIMIT_FSIZE, wanted.file_bytes, wanted.file_bytes);
  if (wanted.processes > 0) {
    const auto most = wanted.processes + count_own_processes();
    limits.add(RLIMIT_NPROC, most, most);
  }
  return limits;
}

/// From here to the exec: system calls only, as another thread may have held any lock at the fork.
class InChild {
 public:
  InChild(const ForkPlan& plan, const ChildLimits& limits, int told) : plan_(plan), limits_(limits), told_(told) {}

  [[noreturn]] void run(pid_t parent) noexcept {
    (void)::setpgid(0, 0);
    reset_signals();
    if (plan_.dies_with_us) {
      // Should we be killed, it isn't left alone.
      (void)::prctl(PR_SET_PDEATHSIG, plan_.death_signal, 0, 0, 0);
      if (::getppid() != parent) ::_exit(127);
    }
    const int in = plan_.in >= 0 ? plan_.in : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (::dup2(in, STDIN_FILENO) < 0 || ::dup2(plan_.out, STDOUT_FILENO) < 0 || ::dup2(plan_.err, STDERR_FILENO) < 0) give_up(Step::Pipes, errno);
    if (!plan_.directory.empty() && ::chdir(plan_.directory.c_str()) != 0) give_up(Step::Directory, errno);
    for (std::size_t i = 0; i < limits_.count; ++i) {
      if (::setrlimit(limits_.all[i].first, &limits_.all[i].second) != 0) give_up(Step::Limits, errno);
    }
    close_the_rest();
    if (plan_.fence) {
      ::umask(077);
      const int failed = plan_.fence->put_up();
      if (failed != 0) give_up(Step::Fence, failed);
    }
    ::execve(plan_.program.c_str(), plan_.argv.data(), plan_.environment.data());
    give_up(Step::Program, errno);
  }

 private:
  [[noreturn]] void give_up(Step step, int number) noexcept {
    const Failure failure{step, number};
    (void)!::write(told_, &failure, sizeof failure);
    ::_exit(127);
  }

  static void reset_signals() noexcept {
    for (int number = 1; number < kSignals; ++number) (void)std::signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
  }

  /// At the exec: until then the pipe that tells is needed. Sockets of the event loop aren't opened with O_CLOEXEC.
  static void close_the_rest() noexcept {
    constexpr unsigned kOnExec = 1U << 2U;
    if (::syscall(SYS_close_range, kFirstForeignDescriptor, ~0U, kOnExec) == 0) return;
    rlimit most{};
    const bool known = ::getrlimit(RLIMIT_NOFILE, &most) == 0 && most.rlim_cur < 65536;
    for (int number = kFirstForeignDescriptor; number < (known ? static_cast<int>(most.rlim_cur) : 65536); ++number) ::fcntl(number, F_SETFD, FD_CLOEXEC);
  }

  const ForkPlan& plan_;
  const ChildLimits& limits_;
  int told_;
};

Error explain(const ForkPlan& plan, const Failure& failure) {
  const std::string name = plan.argv.front();
  const auto because = [&](const std::string& step) {
    return Error{ErrorKind::Unavailable, step + ": " + std::strerror(failure.number), boost::system::error_code(failure.number, boost::system::system_category())};
  };
  switch (failure.step) {
    case Step::Pipes: return because("starting " + name);
    case Step::Directory: return because("entering " + plan.directory + " for " + name);
    case Step::Limits: return because("limiting what " + name + " may take");
    case Step::Fence: return Error{ErrorKind::Denied, "fencing " + name + " failed: " + std::strerror(failure.number)};
    case Step::Program: break;
  }
  if (failure.number == ENOENT) return Error{ErrorKind::NotFound, "program \"" + name + "\" isn't there"};
  if (failure.number == EACCES || failure.number == ENOEXEC) return Error{ErrorKind::NotFound, "\"" + plan.program + "\" isn't a program that can be run here"};
  return because("starting " + name);
}

/// No handler of ours may run in the child.
class NoSignals {
 public:
  NoSignals() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~NoSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  NoSignals(const NoSignals&) = delete;
  NoSignals& operator=(const NoSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Result<pid_t> fork_child(const ForkPlan& plan) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return explain(plan, {Step::Pipes, errno});
  const Descriptor hears(ends[0]);
  Descriptor tells(ends[1]);
  // Above 2, or setting up the child's own would overwrite it.
  if (tells.get() < kFirstForeignDescriptor) tells = Descriptor(::fcntl(tells.get(), F_DUPFD_CLOEXEC, kFirstForeignDescriptor));
  const auto limits = limits_of(plan);
  const auto self = ::getpid();
  pid_t pid = -1;
  {
    const NoSignals quiet;
    pid = ::fork();
    if (pid == 0) InChild(plan, limits, tells.get()).run(self);
  }
  if (pid < 0) return explain(plan, {Step::Pipes, errno});
  tells.close();
  Failure failure{};
  ssize_t got = 0;
  while ((got = ::read(hears.get(), &failure, sizeof failure)) < 0 && errno == EINTR) {
  }
  if (got != static_cast<ssize_t>(sizeof failure)) return pid;
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return explain(plan, failure);
}

std::uint64_t count_own_processes() {
  namespace fs = std::filesystem;
  std::uint64_t count = 0;
  std::error_code failed;
  for (fs::directory_iterator entry("/proc", failed), end; !failed && entry != end; entry.increment(failed)) {
    const auto name = entry->path().filename().string();
    struct stat info {};
    if (name.find_first_not_of("0123456789") != std::string::npos || ::stat((entry->path() / "task").c_str(), &info) != 0 || info.st_uid != ::getuid()) continue;
    count += info.st_nlink > 2 ? info.st_nlink - 2 : 1;
  }
  return count;
}

}  // namespace driftwarden::process
