#include "storage/archive.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "storage/chain.hpp"
#include "storage/files.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <map>

namespace driftwarden::storage {
namespace {

using nlohmann::json;

constexpr std::string_view kPrefix = "audit-";
constexpr std::string_view kSuffix = ".jsonl";
constexpr std::string_view kBase64 = "_base64";

struct Field {
  const char* name;
  std::string AuditEntry::*member;
};
constexpr std::array kFields{Field{"actor", &AuditEntry::actor},   Field{"action", &AuditEntry::action}, Field{"app", &AuditEntry::app}, Field{"subject", &AuditEntry::subject},
                             Field{"detail", &AuditEntry::detail}, Field{"where", &AuditEntry::where},   Field{"on", &AuditEntry::on}};

bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(json(text).dump());
    return true;
  } catch (const json::type_error&) {
    return false;
  }
}

Result<std::string> read_text(const json& line, const std::string& name) {
  if (const auto found = line.find(name); found != line.end()) return found->get<std::string>();
  return base64_decode(line.at(name + std::string{kBase64}).get<std::string>());
}

Result<AuditRow> parse_line(std::string_view text) {
  try {
    const auto line = json::parse(text);
    AuditRow row;
    row.seq = line.at("seq").get<std::int64_t>();
    TRY(row.at, parse_time(line.at("at").get<std::string>()));
    for (const auto& field : kFields) {
      TRY(row.entry.*field.member, read_text(line, field.name));
    }
    row.previous = line.at("previous").get<std::string>();
    row.hash = line.at("hash").get<std::string>();
    return row;
  } catch (const json::exception& thrown) {
    return Error{ErrorKind::Corrupt, fmt::format("it isn't a row of an audit log: {}", thrown.what())};
  }
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || value < 1) return std::nullopt;
  return value;
}

}  // namespace

std::string archive_name(RowRange rows) { return fmt::format("{}{}-{}{}", kPrefix, rows.first, rows.last, kSuffix); }

std::optional<RowRange> archive_range(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix) || name.size() < kPrefix.size() + kSuffix.size()) return std::nullopt;
  const auto parts = split(name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size()), '-');
  if (parts.size() != 2) return std::nullopt;
  const auto first = number(parts[0]);
  const auto last = number(parts[1]);
  if (!first || !last || *last < *first) return std::nullopt;
  return RowRange{*first, *last};
}

std::string archive_line(const AuditRow& row) {
  json line{{"seq", row.seq}, {"at", format_time(row.at)}, {"previous", row.previous}, {"hash", row.hash}};
  for (const auto& field : kFields) line[field.name] = row.entry.*field.member;
  try {
    return line.dump() + "\n";
  } catch (const json::type_error&) {
    for (const auto& field : kFields) {
      const auto& text = row.entry.*field.member;
      if (is_utf8(text)) continue;
      line.erase(field.name);
      line[field.name + std::string{kBase64}] = base64_encode(text);
    }
    return line.dump() + "\n";
  }
}

Result<std::vector<AuditRow>> parse_archive(std::string_view text) {
  std::vector<AuditRow> rows;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return Error{ErrorKind::Corrupt, fmt::format("line {} is cut off", line)};
    auto row = parse_line(text.substr(0, end));
    if (!row) return wrap(fmt::format("line {}", line), row.error());
    rows.push_back(*std::move(row));
    text.remove_prefix(end + 1);
  }
  return rows;
}

Result<std::vector<std::string>> archives_in(const std::string& directory) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::string> found;
  std::error_code failed;
  if (!std::filesystem::exists(directory, failed) && !failed) return std::vector<std::string>{};
  std::filesystem::directory_iterator entries{directory, failed};
  for (const std::filesystem::directory_iterator end; !failed && entries != end; entries.increment(failed)) {
    const auto name = entries->path().filename().string();
    if (const auto range = archive_range(name)) found.emplace(std::pair{range->first, range->last}, name);
  }
  if (failed) return Error{ErrorKind::Unavailable, fmt::format("listing {}: {}", directory, failed.message())};
  std::vector<std::string> names;
  for (auto& [range, name] : found) names.push_back(std::move(name));
  return names;
}

Result<std::vector<AuditRow>> read_archive(const std::string& file) {
  TRY(const auto text, read_file(file));
  auto rows = parse_archive(text);
  if (!rows) return wrap("reading the archive " + file, rows.error());
  ChainEnd last;
  for (const auto& row : *rows) {
    if (last.seq == 0) last = {.seq = row.seq - 1, .hash = row.previous};
    const auto fault = fault_of(row, last);
    if (!fault.empty()) return Error{ErrorKind::Corrupt, fmt::format("reading the archive {}: row {}: {}", file, row.seq, fault)};
    last = {.seq = row.seq, .hash = row.hash};
  }
  return rows;
}

}  // namespace driftwarden::storage
