// The remote's side of the smart protocol, one stream from its greeting to its end, as over SSH. It can fail at each of its points.
#include "tests/sim/git_remote.hpp"

#include <algorithm>

namespace driftwarden::sim {
namespace {

constexpr ErrorKind kBroken = ErrorKind::Unavailable;

class Stream final : public GitStream {
 public:
  Stream(GitRemote& remote, bool for_push) : remote_(remote), for_push_(for_push), out_(remote.advertisement(for_push)) {}

  Result<void> write(std::string_view bytes) override {
    if (remote_.ground().gone()) return dead_process();
    in_ += bytes;
    return Result<void>{};
  }

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    auto& ground = remote_.ground();
    if (ground.gone()) return dead_process();
    if (at_ == out_.size()) {
      if (auto failed = work()) return *failed;
    }
    const auto count = std::min(size, out_.size() - at_);
    out_.copy(buffer, count, at_);
    at_ += count;
    return count;
  }

 private:
  /// What is to be said to what was heard; an error where the line breaks.
  std::optional<Error> work() {
    out_.clear();
    at_ = 0;
    if (!for_push_) return serve();
    if (in_.empty()) return std::nullopt;
    auto& ground = remote_.ground();
    if (ground.dies_at("before a push to " + remote_.name())) return dead_process();
    if (fails("push")) return Error{kBroken, "the connection broke before the push"};
    out_ = remote_.receive(in_);
    in_.clear();
    if (ground.dies_at("after a push to " + remote_.name())) return dead_process();
    if (!ground.faults_stopped && ground.chance(ground.rates.lost)) {
      ground.fault("answer lost");
      ground.say("git " + remote_.name() + ": the push is done, its answer is lost");
      return Error{ErrorKind::Timeout, "no answer to the push in time"};
    }
    return std::nullopt;
  }

  std::optional<Error> serve() {
    std::size_t at = 0;
    bool flushed = false;
    while (at + 4 <= in_.size()) {
      const auto size = std::stoul(in_.substr(at, 4), nullptr, 16);
      if (size == 0) {
        at += 4;
        // Behind the wants nothing is said; behind some haves that none is known.
        if (flushed) out_ += "0008NAK\n";
        flushed = true;
        continue;
      }
      auto line = in_.substr(at + 4, size - 4);
      at += size;
      while (line.ends_with('\n')) line.pop_back();
      if (line.starts_with("want ")) wants_.push_back(line.substr(5, 40));
      if (line.starts_with("have ")) haves_.push_back(line.substr(5, 40));
      if (line != "done") continue;
      if (fails("fetch")) return Error{kBroken, "the connection broke during the fetch"};
      out_ += "0008NAK\n" + remote_.pack(wants_, haves_);
    }
    in_.erase(0, at);
    return std::nullopt;
  }

  bool fails(const std::string& what) {
    auto& ground = remote_.ground();
    if (ground.faults_stopped || !ground.chance(ground.rates.fail)) return false;
    ground.fault("failed");
    ground.say(fmt::format("git {}: the {} fails", remote_.name(), what));
    return true;
  }

  GitRemote& remote_;
  bool for_push_;
  std::string out_;
  std::size_t at_ = 0;
  std::string in_;
  std::vector<std::string> wants_;
  std::vector<std::string> haves_;
};

class Transport final : public GitTransport {
 public:
  explicit Transport(GitRemote& remote) : remote_(remote) {}
  bool stateless() const override { return false; }
  Result<std::unique_ptr<GitStream>> open(GitService service, const std::string&) override {
    auto& ground = remote_.ground();
    if (ground.gone()) return dead_process();
    const bool for_push = service == GitService::ReceivePackRefs || service == GitService::ReceivePack;
    ++ground.totals.calls;
    if (!ground.faults_stopped && ground.chance(ground.rates.fail)) {
      ground.fault("failed");
      ground.say(fmt::format("git {}: can't be reached", remote_.name()));
      return Error{kBroken, remote_.name() + " can't be reached"};
    }
    return std::unique_ptr<GitStream>(std::make_unique<Stream>(remote_, for_push));
  }

 private:
  GitRemote& remote_;
};

}  // namespace

std::unique_ptr<GitTransport> GitRemote::transport() { return std::make_unique<Transport>(*this); }

}  // namespace driftwarden::sim
