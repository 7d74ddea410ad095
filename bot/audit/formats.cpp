#include "bot/audit/formats.hpp"

#include "bot/audit/words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::ordered_json;

constexpr int kFacilityAudit = 13;
constexpr int kNotice = 5;
constexpr int kWarning = 4;
constexpr std::size_t kLongestHost = 255;
constexpr std::size_t kLongestDetail = 16'384;
constexpr const char* kEnterpriseId = "driftwarden@32473";  // RFC 5612's number for documentation: we have none of our own

/// Printable ASCII without spaces, "-" for nothing.
std::string header_field(const std::string& text, std::size_t longest) {
  auto out = text.substr(0, longest);
  std::ranges::replace_if(out, [](char c) { return c <= ' ' || c > '~'; }, '-');
  return out.empty() ? "-" : out;
}

std::string parameter(std::string_view name, const std::string& value) {
  if (value.empty()) return {};
  std::string text;
  for (const char c : without_control_characters(value)) {
    if (c == '"' || c == '\\' || c == ']') text += '\\';
    text += c;
  }
  return fmt::format(" {}=\"{}\"", name, text);
}

bool is_warning(const std::string& action) {
  return action.ends_with(".refused") || action == "effect.given-up" || action == "change.failed" || action.starts_with("hold.break-glass") || action == "change.break-glass" || action == "commit.rewritten";
}

}  // namespace

ordered_json to_json(const AuditRow& row) {
  const auto& entry = row.entry;
  return {{"seq", row.seq},           {"at", format_time(row.at)}, {"actor", entry.actor}, {"action", entry.action}, {"app", entry.app},
          {"subject", entry.subject}, {"detail", entry.detail},    {"where", entry.where}, {"on", entry.on},         {"previous", row.previous},
          {"hash", row.hash}};
}

std::string csv_cell(const std::string& text) {
  std::string cell = text;
  if (!cell.empty() && std::string_view{"=+-@\t\r\n"}.find(cell[0]) != std::string_view::npos) cell.insert(0, 1, '\'');
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string csv_line(const AuditRow& row) {
  const auto& entry = row.entry;
  auto line = std::to_string(row.seq);
  for (const auto& text : {format_time(row.at), entry.actor, entry.action, entry.app, entry.subject, entry.detail, entry.where, entry.on, row.previous, row.hash}) {
    line += ',' + csv_cell(text);
  }
  return line;
}

std::string syslog_message(const AuditRow& row, const std::string& host, const std::string& instance) {
  const auto& entry = row.entry;
  const int priority = kFacilityAudit * 8 + (is_warning(entry.action) ? kWarning : kNotice);
  std::string data = fmt::format("[{} seq=\"{}\"", kEnterpriseId, row.seq);
  data += parameter("instance", instance) + parameter("actor", entry.actor) + parameter("action", entry.action) + parameter("app", entry.app) + parameter("subject", entry.subject);
  data += parameter("where", entry.where) + parameter("on", entry.on) + parameter("detail", ellipsize(entry.detail, kLongestDetail)) + parameter("previous", row.previous) + parameter("hash", row.hash) + "]";
  const auto words = fmt::format("{} {}", without_control_characters(entry.actor), deed_words(entry));
  return fmt::format("<{}>1 {} {} driftwarden - {} {} \xEF\xBB\xBF{}", priority, format_time(row.at), header_field(host, kLongestHost), header_field(entry.action, 32), data, words);
}

}  // namespace driftwarden
