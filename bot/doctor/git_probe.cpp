#include "bot/doctor/git_probe.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace driftwarden {
namespace {

constexpr std::string_view kFile = "file://";
constexpr std::size_t kLengthDigits = 4;

Result<void> try_path(const std::string& path, bool push) {
  // A bare repository has its objects at its top, another below .git.
  for (const auto& objects : {path + "/objects", path + "/.git/objects"}) {
    if (::access(objects.c_str(), R_OK | X_OK) != 0) continue;
    if (!push || ::access(objects.c_str(), W_OK) == 0) return Result<void>{};
    return Error{ErrorKind::Denied, fmt::format("{}: {}", objects, std::strerror(errno))};
  }
  return Error{ErrorKind::NotFound, fmt::format("{} is no Git repository that we may read", path)};
}

/// The first packet: a length in hex, and behind it a ref, a service's name or a refusal.
Result<void> judge_first_packet(std::string_view bytes) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
  const bool packet = bytes.size() >= kLengthDigits && std::ranges::all_of(bytes.substr(0, kLengthDigits), is_hex);
  if (!packet) return Error{ErrorKind::Denied, fmt::format("it says: {}", ellipsize(without_control_characters(trim(bytes)), 200))};
  const auto content = bytes.substr(kLengthDigits);
  if (content.starts_with("ERR ") || content.starts_with("ERROR")) return Error{ErrorKind::Denied, fmt::format("it says: {}", ellipsize(without_control_characters(trim(content)), 200))};
  return Result<void>{};
}

}  // namespace

Result<void> try_git(const TransportFactory& transport, GitService service, const std::string& url, const GitCredentials& credentials) {
  auto made = transport ? transport(url, credentials) : nullptr;
  if (!made) return try_path(url.starts_with(kFile) ? url.substr(kFile.size()) : url, service == GitService::ReceivePackRefs);
  TRY(const auto stream, made->open(service, url));
  std::array<char, 1024> buffer{};
  TRY(const auto count, stream->read(buffer.data(), buffer.size()));
  if (count == 0) return Error{ErrorKind::Unavailable, "it closed the connection without a word"};
  return judge_first_packet(std::string_view(buffer.data(), count));
}

}  // namespace driftwarden
