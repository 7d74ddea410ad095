#include "integrations/process/child.hpp"

#include "integrations/process/fork_child.hpp"
#include "integrations/process/programs.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
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

/// The child's end and ours of one file in memory: it lives as long as any of the two.
Result<PipeEnds> make_file() {
  PipeEnds file;
  file.read = Descriptor(::memfd_create("output", MFD_CLOEXEC));
  if (file.read.open()) file.write = Descriptor(::fcntl(file.read.get(), F_DUPFD_CLOEXEC, kFirstForeignDescriptor));
  if (!file.write.open()) return system_error(errno, "keeping output");
  return file;
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

Result<std::string> program_of(const std::string& name, const std::map<std::string, std::string>& environment) {
  const auto found = environment.find("PATH");
  return find_program(name, found == environment.end() ? "/usr/local/bin:/usr/bin:/bin" : found->second);
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

/// The child's ends of the pipes; the first is closed when it has no input.
struct ChildEnds {
  Descriptor in;
  Descriptor out;
  Descriptor err;
};

struct Words {
  std::string program;
  std::string path;
  std::vector<std::string> arguments;
  std::vector<std::string> variables;
};

Result<Words> words_of(const Command& command) {
  const auto environment = child_environment(command);
  Words words;
  TRY(words.program, program_of(command.argv.front(), environment));
  words.arguments = command.argv;
  for (const auto& [name, value] : environment) words.variables.push_back(name + "=" + value);
  const auto path = environment.find("PATH");
  if (path != environment.end()) words.path = path->second;
  return words;
}

Result<pid_t> spawn(const Command& command, const ChildEnds& ends) {
  SpawnPlan plan;
  if (ends.in.open()) {
    plan.move_to(ends.in.get(), STDIN_FILENO);
  } else {
    plan.read_nothing();
  }
  plan.move_to(ends.out.get(), STDOUT_FILENO);
  plan.move_to(ends.err.get(), STDERR_FILENO);
  if (!command.directory.empty()) plan.change_directory(command.directory);
  plan.close_the_rest();
  TRY(auto words, words_of(command));
  const auto argv = pointers(words.arguments);
  const auto envp = pointers(words.variables);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, words.program.c_str(), plan.actions(), plan.attributes(), argv.data(), envp.data());
  if (failed == 0) return pid;
  if (failed == ENOENT) return Error{ErrorKind::NotFound, "program \"" + command.argv.front() + "\" isn't there"};
  if (failed == EACCES || failed == ENOEXEC) return Error{ErrorKind::NotFound, "\"" + words.program + "\" isn't a program that can be run here"};
  return system_error(failed, "starting " + command.argv.front());
}

Result<pid_t> fork_bounded(const Command& command, const ChildEnds& ends) {
  TRY(auto words, words_of(command));
  ForkPlan plan;
  plan.program = words.program;
  plan.argv = pointers(words.arguments);
  plan.environment = pointers(words.variables);
  plan.directory = command.directory;
  plan.in = ends.in.get();
  plan.out = ends.out.get();
  plan.err = ends.err.get();
  plan.limits = command.limits;
  plan.dies_with_us = command.fence || command.ending.gentle();
  plan.death_signal = command.ending.signal;
  if (command.fence) {
    const bool relative = !words.program.starts_with('/') && !command.directory.empty();
    auto fence = ReadyFence::make(*command.fence, relative ? command.directory + "/" + words.program : words.program, words.path);
    if (!fence) return wrap(command.argv.front(), fence.error());
    plan.fence = std::move(*fence);
  }
  return fork_child(plan);
}

bool is_bounded(const Limits& limits) { return limits.processes + limits.address_space_bytes + limits.cpu_seconds + limits.file_bytes > 0; }

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

void Child::send(int signal) const {
  if (pid > 0) ::kill(pid, signal);
}

int Child::reap() {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  pid = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Result<std::string> read_kept(const Descriptor& file, std::size_t most) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return system_error(errno, "reading output");
  if (static_cast<std::size_t>(info.st_size) > most) return Error{ErrorKind::Corrupt, "more than " + std::to_string(most) + " bytes"};
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    const auto count = ::pread(file.get(), text.data() + got, text.size() - got, static_cast<off_t>(got));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    got += static_cast<std::size_t>(count);
  }
  text.resize(got);
  return text;
}

Result<std::unique_ptr<Child>> start_child(const Command& command, bool keep_input) {
  CHECK_OK(check_command(command));
  ignore_broken_pipes();
  PipeEnds in;
  if (keep_input) {
    TRY(in, make_pipe());
  }
  const bool gentle = command.ending.gentle();
  TRY(auto out, gentle ? make_file() : make_pipe());
  TRY(auto err, gentle ? make_file() : make_pipe());
  const ChildEnds ends{std::move(in.read), std::move(out.write), std::move(err.write)};
  auto child = std::make_unique<Child>();
  const bool bounded = command.fence || gentle || is_bounded(command.limits);
  TRY(child->pid, bounded ? fork_bounded(command, ends) : spawn(command, ends));
  child->in = std::move(in.write);
  child->out = std::move(out.read);
  child->err = std::move(err.read);
  return child;
}

}  // namespace driftwarden::process
