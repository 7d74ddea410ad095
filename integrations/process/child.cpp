#include "integrations/process/child.hpp"

#include "gitops/base/text.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace driftwarden::process {

namespace {

constexpr int kFirstForeignDescriptor = 3;

struct PipeEnds {
  Descriptor read;
  Descriptor write;
};

Error system_error(int number, const std::string& step) {
  return Error{ErrorKind::Unavailable, step + ": " + std::strerror(number), boost::system::error_code(number, boost::system::system_category())};
}

Result<PipeEnds> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error(errno, "opening a pipe");
  PipeEnds pipe;
  pipe.read = Descriptor(ends[0]);
  pipe.write = Descriptor(ends[1]);
  for (auto* end : {&pipe.read, &pipe.write}) {
    if (end->get() >= kFirstForeignDescriptor) continue;
    // Our own 0, 1 or 2 was closed: the child's would be overwritten while they are set up.
    *end = Descriptor(::fcntl(end->get(), F_DUPFD_CLOEXEC, kFirstForeignDescriptor));
    if (!end->open()) return system_error(errno, "opening a pipe");
  }
  return pipe;
}

/// A child that stops reading must be an error of the write, not our death.
void ignore_broken_pipes() {
  static const bool done = [] {
    struct sigaction current {};
    if (::sigaction(SIGPIPE, nullptr, &current) == 0 && current.sa_handler == SIG_DFL) (void)std::signal(SIGPIPE, SIG_IGN);
    return true;
  }();
  (void)done;
}

std::map<std::string, std::string> child_environment(const Command& command) {
  auto environment = command.environment;
  for (const auto& name : command.inherit) {
    const char* value = std::getenv(name.c_str());
    if (value != nullptr) environment.emplace(name, value);
  }
  return environment;
}

bool is_program(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

Result<std::string> find_program(const std::string& name, const std::map<std::string, std::string>& environment) {
  if (name.find('/') != std::string::npos) return name;
  const auto found = environment.find("PATH");
  const std::string path = found == environment.end() ? "/usr/local/bin:/usr/bin:/bin" : found->second;
  for (const auto& folder : split(path, ':')) {
    const auto candidate = (folder.empty() ? "." : folder) + "/" + name;
    if (is_program(candidate)) return candidate;
  }
  return Error{ErrorKind::NotFound, "program \"" + name + "\" isn't installed (not found in PATH)"};
}

/// posix_spawn's attributes and file actions, freed together.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void move_to(int from, int to) { posix_spawn_file_actions_adddup2(&actions_, from, to); }
  void read_nothing() { posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0); }
  void change_directory(const std::string& directory) { posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str()); }
  /// Sockets of the event loop aren't opened with O_CLOEXEC, so the child closes whatever it wasn't given.
  void close_the_rest() { posix_spawn_file_actions_addclosefrom_np(&actions_, kFirstForeignDescriptor); }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

Result<void> check_command(const Command& command) {
  if (command.argv.empty() || command.argv.front().empty()) return Error{ErrorKind::InvalidInput, "no program was named"};
  const auto has_nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  if (std::any_of(command.argv.begin(), command.argv.end(), has_nul)) {
    return Error{ErrorKind::InvalidInput, "an argument of " + command.argv.front() + " holds a zero byte"};
  }
  if (command.directory.empty()) return Result<void>{};
  struct stat info {};
  if (::stat(command.directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return Error{ErrorKind::NotFound, "there is no directory " + command.directory + " to run " + command.argv.front() + " in"};
  }
  return Result<void>{};
}

Result<pid_t> spawn(const Command& command, const SpawnPlan& plan) {
  const auto environment = child_environment(command);
  TRY(const auto program, find_program(command.argv.front(), environment));
  auto arguments = command.argv;
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  const auto argv = pointers(arguments);
  const auto envp = pointers(variables);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, program.c_str(), plan.actions(), plan.attributes(), argv.data(), envp.data());
  if (failed == 0) return pid;
  if (failed == ENOENT) return Error{ErrorKind::NotFound, "program \"" + command.argv.front() + "\" isn't there"};
  if (failed == EACCES || failed == ENOEXEC) return Error{ErrorKind::NotFound, "\"" + program + "\" isn't a program that can be run here"};
  return system_error(failed, "starting " + command.argv.front());
}

/// From outside, as posix_spawn has no word for it: the child is some microseconds old, and all that it starts inherits them.
Result<void> limit(pid_t pid, const Limits& limits, const std::string& program) {
  const auto set = [pid](auto resource, std::uint64_t most) {
    const rlimit wanted{most, most};
    return most == 0 || ::prlimit(pid, resource, &wanted, nullptr) == 0 || errno == ESRCH;
  };
  if (set(RLIMIT_AS, limits.address_space_bytes) && set(RLIMIT_CPU, limits.cpu_seconds) && set(RLIMIT_FSIZE, limits.file_bytes)) return Result<void>{};
  return system_error(errno, "limiting what " + program + " may take");
}

}  // namespace

void Descriptor::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

Child::~Child() {
  if (pid <= 0) return;
  kill_group();
  reap();
}

void Child::kill_group() const {
  if (pid > 0) ::kill(-pid, SIGKILL);
}

int Child::reap() {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  pid = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Result<std::unique_ptr<Child>> start_child(const Command& command, bool keep_input) {
  CHECK_OK(check_command(command));
  ignore_broken_pipes();
  SpawnPlan plan;
  PipeEnds in;
  if (keep_input) {
    TRY(in, make_pipe());
    plan.move_to(in.read.get(), STDIN_FILENO);
  } else {
    plan.read_nothing();
  }
  TRY(auto out, make_pipe());
  TRY(auto err, make_pipe());
  plan.move_to(out.write.get(), STDOUT_FILENO);
  plan.move_to(err.write.get(), STDERR_FILENO);
  if (!command.directory.empty()) plan.change_directory(command.directory);
  plan.close_the_rest();
  auto child = std::make_unique<Child>();
  TRY(child->pid, spawn(command, plan));
  CHECK_OK(limit(child->pid, command.limits, command.argv.front()));
  child->in = std::move(in.write);
  child->out = std::move(out.read);
  child->err = std::move(err.read);
  return child;
}

}  // namespace driftwarden::process
