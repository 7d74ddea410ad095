#include "tests/e2e/driver/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <thread>

namespace driftwarden::e2e {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kStopsWithin{60'000};

[[noreturn]] void become(const std::vector<std::string>& argv, int out, int err, const std::string& directory) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(out, STDOUT_FILENO);
  if (err >= 0) ::dup2(err, STDERR_FILENO);
  if (!directory.empty() && ::chdir(directory.c_str()) != 0) ::_exit(127);
  std::vector<char*> arguments;
  for (const auto& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments.front(), arguments.data());
  ::_exit(127);
}

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

Program::Program(std::vector<std::string> argv, std::string log) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const int err = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  pid_ = ::fork();
  if (pid_ == 0) become(argv, pipe[1], err, "");
  ::close(pipe[1]);
  if (err >= 0) ::close(err);
  out_ = pipe[0];
  if (pid_ < 0) throw std::runtime_error("no child process");
}

Program::~Program() {
  kill_now();
  if (out_ >= 0) ::close(out_);
}

std::string Program::read_line(std::chrono::milliseconds patience) {
  const auto give_up = Clock::now() + patience;
  while (rest_.find('\n') == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(give_up - Clock::now()).count();
    pollfd waiting{out_, POLLIN, 0};
    if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) == 0) throw std::runtime_error("the program printed no line in time");
    std::array<char, 4096> bytes{};
    const auto got = ::read(out_, bytes.data(), bytes.size());
    if (got <= 0) throw std::runtime_error("the program ended with code " + std::to_string(reap(true)) + " before it printed a line");
    rest_.append(bytes.data(), static_cast<std::size_t>(got));
  }
  const auto end = rest_.find('\n');
  auto line = rest_.substr(0, end);
  rest_.erase(0, end + 1);
  return line;
}

int Program::stop() {
  if (pid_ > 0) ::kill(pid_, SIGTERM);
  const auto give_up = Clock::now() + kStopsWithin;
  while (running()) {
    if (Clock::now() > give_up) throw std::runtime_error("the program does not stop when told to");
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return exit_code_;
}

void Program::kill_now() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  reap(true);
}

bool Program::running() {
  if (pid_ > 0) reap(false);
  return pid_ > 0;
}

int Program::reap(bool wait) {
  int status = 0;
  if (pid_ > 0 && ::waitpid(pid_, &status, wait ? 0 : WNOHANG) == pid_) {
    exit_code_ = code_of(status);
    pid_ = -1;
  }
  return exit_code_;
}

Ran run_program(const std::vector<std::string>& argv, const std::string& directory) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const auto pid = ::fork();
  if (pid == 0) become(argv, pipe[1], pipe[1], directory);
  ::close(pipe[1]);
  Ran ran;
  std::array<char, 4096> bytes{};
  while (true) {
    const auto got = ::read(pipe[0], bytes.data(), bytes.size());
    if (got <= 0) break;
    ran.out.append(bytes.data(), static_cast<std::size_t>(got));
  }
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  ran.exit_code = code_of(status);
  return ran;
}

}  // namespace driftwarden::e2e
