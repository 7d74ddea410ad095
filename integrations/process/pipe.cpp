#include "gitops/base/text.hpp"
#include "integrations/process/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace driftwarden::process {

namespace {

constexpr std::size_t kReadBytes = 64U << 10U;
constexpr std::size_t kMaxStderrBytes = 64U << 10U;
/// What a child may say while it is being written to, before it must be listened to.
constexpr std::size_t kMaxWaitingBytes = 64U << 20U;

/// poll(2) itself needs the system's clock: the one place that waits outside the event loop.
class Patience {
 public:
  explicit Patience(Duration timeout) : end_(std::chrono::steady_clock::now() + timeout) {}
  int left_ms() const {
    const auto left = std::chrono::duration_cast<Duration>(end_ - std::chrono::steady_clock::now()).count();
    return static_cast<int>(std::clamp<Duration::rep>(left, 0, 1'000'000));
  }

 private:
  std::chrono::steady_clock::time_point end_;
};

Error io_failure(const std::string& step) {
  return Error{ErrorKind::Unavailable, step + ": " + std::strerror(errno), boost::system::error_code(errno, boost::system::system_category())};
}

void unblock(const Descriptor& descriptor) { ::fcntl(descriptor.get(), F_SETFL, ::fcntl(descriptor.get(), F_GETFL) | O_NONBLOCK); }

class ChildPipe final : public Pipe {
 public:
  ChildPipe(std::unique_ptr<Child> child, std::string name) : child_(std::move(child)), name_(std::move(name)) {
    unblock(child_->in);
    unblock(child_->out);
    unblock(child_->err);
  }

  Result<std::string> read_some(std::size_t max_bytes, Duration timeout) override {
    const Patience patience(timeout);
    while (waiting_.empty() && child_->out.open()) {
      TRY(const bool ready, wait(false, patience));
      if (!ready) return Error{ErrorKind::Timeout, name_ + " said nothing for " + format_duration(timeout)};
    }
    drain_stderr();
    const auto size = std::min(max_bytes, waiting_.size());
    auto piece = waiting_.substr(0, size);
    waiting_.erase(0, size);
    return piece;
  }

  Result<void> write(std::string_view bytes, Duration timeout) override {
    const Patience patience(timeout);
    while (!bytes.empty()) {
      const auto written = ::write(child_->in.get(), bytes.data(), bytes.size());
      if (written > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(written));
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) {
        auto failure = io_failure("writing to " + name_);
        drain_stderr();
        return failure;
      }
      TRY(const bool ready, wait(true, patience));
      if (!ready) return Error{ErrorKind::Timeout, name_ + " didn't read for " + format_duration(timeout)};
    }
    return Result<void>{};
  }

  std::string stderr_so_far() override {
    drain_stderr();
    return stderr_;
  }

 private:
  /// Waits until stdout (or, to write, stdin) moves, taking in what comes meanwhile. False when time is up.
  Result<bool> wait(bool to_write, const Patience& patience) {
    std::array<pollfd, 3> polled{pollfd{child_->out.get(), POLLIN, 0}, pollfd{child_->err.get(), POLLIN, 0},
                                 pollfd{to_write ? child_->in.get() : -1, POLLOUT, 0}};
    if (waiting_.size() >= kMaxWaitingBytes) polled[0].fd = -1;
    const int ready = ::poll(polled.data(), polled.size(), patience.left_ms());
    if (ready < 0 && errno != EINTR) return io_failure("waiting for " + name_);
    if (ready == 0) return false;
    if (ready > 0 && polled[1].revents != 0) drain_stderr();
    if (ready > 0 && polled[0].revents != 0) take_stdout();
    return true;
  }

  void take_stdout() {
    std::string piece(kReadBytes, '\0');
    const auto got = ::read(child_->out.get(), piece.data(), piece.size());
    if (got > 0) waiting_.append(piece, 0, static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) child_->out.close();
  }

  void drain_stderr() {
    std::array<char, 4096> piece{};
    while (child_->err.open()) {
      const auto got = ::read(child_->err.get(), piece.data(), piece.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) {
        child_->err.close();
        return;
      }
      const auto room = kMaxStderrBytes - std::min(kMaxStderrBytes, stderr_.size());
      stderr_.append(piece.data(), std::min(room, static_cast<std::size_t>(got)));
    }
  }

  std::unique_ptr<Child> child_;
  std::string name_;
  std::string waiting_;
  std::string stderr_;
};

}  // namespace

Result<std::unique_ptr<Pipe>> open_pipe(const Command& command) {
  TRY(auto child, start_child(command, true));
  return std::make_unique<ChildPipe>(std::move(child), command.argv.front());
}

}  // namespace driftwarden::process
