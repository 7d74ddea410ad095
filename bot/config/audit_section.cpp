// audit: where the log's archives are kept, where its head is committed, and who else gets its rows.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace driftwarden {
namespace {

constexpr std::uint16_t kTlsPort = 6514;  // RFC 5425
constexpr std::size_t kLongestBranch = 100;

std::string check_branch(std::string_view text) {
  const auto known = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.' || c == '/'; };
  const bool plain = !text.empty() && text.size() <= kLongestBranch && std::ranges::all_of(text, known) && text.find("..") == std::string_view::npos && text.find("//") == std::string_view::npos;
  const bool ends = plain && text.front() != '/' && text.front() != '-' && text.front() != '.' && text.back() != '/' && text.back() != '.' && !text.ends_with(".lock");
  return ends ? "" : "isn't the name of a branch";
}

/// "logs.acme.example", "logs.acme.example:601", "[::1]:601"
std::string take_address(std::string_view text, SyslogConfig& syslog) {
  const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const bool odd = host.empty() || host.find_first_of(" /@?#\t\r\n") != std::string_view::npos;
  if (odd) return "isn't an address";
  syslog.host = std::string(host);
  if (colon == std::string_view::npos) return {};
  const auto port = text.substr(colon + 1);
  const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), syslog.port);
  return failed == std::errc{} && end == port.data() + port.size() && syslog.port != 0 ? "" : "has no port from 1 to 65535";
}

/// What the bot reads its Apps from must not fill with anchors, nor the anchors be under anybody's review.
void check_own_branch(Section& section, const Config& config, const AnchorConfig& anchor) {
  const auto* repository = find_repository(config, anchor.repository);
  if (repository == nullptr || repository->branch != anchor.branch) return;
  section.reading().mistake(section.place("branch"), fmt::format("\"{}\" is the branch that {} is deployed from", anchor.branch, anchor.repository), "a branch that is the audit log's own");
}

}  // namespace

void read_audit(Section& root, Config& config) {
  root.inside("audit", [&](Section& section) {
    section.file_path("archive", config.audit.archive);
    section.inside("anchor", [&](Section& given) {
      AnchorConfig anchor;
      if (!given.has("repository")) given.missing("repository", "the name of a repository");
      given.named("repository", anchor.repository, NameKind::Repository);
      given.checked("branch", anchor.branch, check_branch, "a branch such as driftwarden-audit");
      check_own_branch(given, config, anchor);
      config.audit.anchor = std::move(anchor);
    });
    section.inside("syslog", [&](Section& given) {
      SyslogConfig syslog;
      given.flag("tls", syslog.tls);
      if (syslog.tls) syslog.port = kTlsPort;
      std::string address;
      if (!given.has("address")) given.missing("address", "HOST or HOST:PORT");
      given.checked("address", address, [&](std::string_view text) { return take_address(text, syslog); }, "HOST or HOST:PORT such as logs.acme.example:601");
      config.audit.syslog = std::move(syslog);
    });
  });
}

}  // namespace driftwarden
