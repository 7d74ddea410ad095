#include "integrations/git/ssh_transport.hpp"

#include "gitops/base/text.hpp"
#include "integrations/process/process.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <thread>

namespace driftwarden::git {

namespace {

constexpr Duration kRounding{10};    ///< poll(2) counts in whole milliseconds
constexpr Duration kLastWords{500};  ///< ssh writes why it ends right before or after closing the pipe

std::string clean(const std::string& said) {
  std::vector<std::string> lines;
  for (const auto& line : split(said, '\n')) {
    const auto text = without_control_characters(line);
    if (!trim(text).empty()) lines.emplace_back(trim(text));
  }
  return ellipsize(join(lines, "\n"), 1000);
}

class SshStream final : public GitStream {
 public:
  SshStream(std::unique_ptr<process::Pipe> pipe, std::string remote, Clock& clock, TransportLimits limits)
      : pipe_(std::move(pipe)), remote_(std::move(remote)), clock_(clock), limits_(limits), end_(clock.mono_now() + limits.total) {}

  Result<void> write(std::string_view bytes) override {
    auto written = pipe_->write(bytes, patience());
    if (!written) return explained(written.error());
    return written;
  }

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    auto piece = pipe_->read_some(size, patience());
    if (!piece) return explained(piece.error());
    if (piece->empty() && !heard_) return ssh_failure(remote_, last_words());
    heard_ = heard_ || !piece->empty();
    std::memcpy(buffer, piece->data(), piece->size());
    return piece->size();
  }

 private:
  Duration patience() const {
    const auto left = std::chrono::ceil<Duration>(end_ - clock_.mono_now());
    return std::clamp(left, Duration{0}, limits_.silence);
  }

  Error explained(Error error) {
    if (error.kind == ErrorKind::Timeout) {
      const bool over = clock_.mono_now() + kRounding >= end_;
      error.message = fmt::format("{} {} {}", remote_, over ? "took longer than" : "went silent for", format_duration(over ? limits_.total : limits_.silence));
    }
    if (auto said = clean(pipe_->stderr_so_far()); !said.empty()) error.message += fmt::format("; ssh says: {}", said);
    return error;
  }

  std::string last_words() {
    auto said = pipe_->stderr_so_far();
    for (Duration waited{0}; said.empty() && waited < kLastWords; waited += Duration{10}) {
      std::this_thread::sleep_for(Duration{10});
      said = pipe_->stderr_so_far();
    }
    return said;
  }

  std::unique_ptr<process::Pipe> pipe_;
  std::string remote_;
  Clock& clock_;
  TransportLimits limits_;
  MonoTime end_;
  bool heard_ = false;
};

class SshTransport final : public GitTransport {
 public:
  SshTransport(Clock& clock, GitCredentials credentials, TransportLimits limits) : clock_(clock), credentials_(std::move(credentials)), limits_(limits) {}
  bool stateless() const override { return false; }
  Result<std::unique_ptr<GitStream>> open(GitService service, const std::string& url) override {
    TRY(const auto address, parse_ssh_url(url));
    const bool push = service == GitService::ReceivePack || service == GitService::ReceivePackRefs;
    process::Command command;
    TRY(command.argv, ssh_arguments(address, credentials_, push ? "git-receive-pack" : "git-upload-pack"));
    auto pipe = process::open_pipe(command);
    if (!pipe && pipe.error().kind == ErrorKind::NotFound) {
      return Error{ErrorKind::NotFound, fmt::format("reaching {} needs the program ssh, which is not installed (OpenSSH's client)", url)};
    }
    if (!pipe) return wrap("starting ssh", pipe.error());
    return std::make_unique<SshStream>(std::move(*pipe), url, clock_, limits_);
  }

 private:
  Clock& clock_;
  GitCredentials credentials_;
  TransportLimits limits_;
};

/// For `-o Name=value`, where ssh splits at blanks and replaces percent signs.
Result<std::string> option_path(const std::string& path) {
  if (path.find('"') != std::string::npos || without_control_characters(path) != path) {
    return Error{ErrorKind::InvalidInput, "the path of a known_hosts file holds a quote or control character"};
  }
  std::string out = "\"";
  for (char c : path) {
    out += c;
    if (c == '%') out += '%';
  }
  return out + "\"";
}

}  // namespace

Result<std::vector<std::string>> ssh_arguments(const SshAddress& address, const GitCredentials& credentials, const std::string& program) {
  std::vector<std::string> arguments{"ssh", "-T", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=15"};
  const auto add = [&](std::initializer_list<std::string> more) { arguments.insert(arguments.end(), more); };
  if (!credentials.ssh_key_file.empty()) add({"-i", credentials.ssh_key_file, "-o", "IdentitiesOnly=yes"});
  if (!credentials.known_hosts_file.empty()) {
    TRY(auto file, option_path(credentials.known_hosts_file));
    add({"-o", "UserKnownHostsFile=" + file});
  }
  if (address.port) add({"-p", std::to_string(*address.port)});
  if (!address.user.empty()) add({"-l", address.user});
  add({"--", address.host, program + " " + shell_quoted(address.path)});
  return arguments;
}

Error ssh_failure(const std::string& remote, const std::string& said) {
  const auto words = clean(said);
  const auto lower = to_lower(words);
  const auto has = [&](std::string_view text) { return lower.find(text) != std::string::npos; };
  ErrorKind kind = ErrorKind::Unavailable;
  std::string_view what = "the connection ended";
  if (has("host key verification failed") || has("host identification has changed")) {
    kind = ErrorKind::Denied;
    what = "its host key is not the known one; compare it with the server's owner and put it into known_hosts";
  } else if (has("permission denied") || has("access denied") || has("too many authentication")) {
    kind = ErrorKind::Denied;
    what = "it does not accept the key";
  } else if (has("not found") || has("could not be found") || has("does not appear to be a git repository") || has("does not exist") || has("no such")) {
    kind = ErrorKind::NotFound;
    what = "no such repository";
  } else if (has("timed out")) {
    kind = ErrorKind::Timeout;
    what = "no answer in time";
  }
  return Error{kind, fmt::format("{}: {}{}{}", remote, what, words.empty() ? "" : "; ssh says: ", words)};
}

std::unique_ptr<GitTransport> create_ssh_transport(Clock& clock, GitCredentials credentials, TransportLimits limits) {
  return std::make_unique<SshTransport>(clock, std::move(credentials), limits);
}

}  // namespace driftwarden::git
