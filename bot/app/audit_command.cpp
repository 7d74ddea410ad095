#include "bot/app/audit_command.hpp"

#include "bot/app/audit_trailers.hpp"
#include "gitops/base/text.hpp"
#include "storage/store.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <limits>
#include <ostream>

namespace driftwarden {
namespace {

using nlohmann::json;

std::string dump(const json& value, int indent = -1) { return value.dump(indent, ' ', false, json::error_handler_t::replace); }

Result<std::optional<WallTime>> parse_since(const std::string& since, const Clock& clock) {
  if (since.empty()) return std::optional<WallTime>{};
  if (const auto age = parse_duration(since)) return std::optional{clock.wall_now() - *age};
  if (const auto time = parse_time(since)) return std::optional{*time};
  return Error{ErrorKind::InvalidInput, fmt::format("--since \"{}\" is neither a duration such as 30d nor a time such as 2026-11-21T09:00:00Z", since)};
}

Result<std::vector<AuditRow>> read_rows(storage::Store& store, const storage::AuditQuery& query) {
  std::vector<AuditRow> rows;
  CHECK_OK(store.transact([&](storage::Transaction& transaction) -> Result<void> {
    TRY(rows, transaction.audit(query));
    return {};
  }));
  return rows;
}

json to_json(const AuditRow& row) {
  const auto& entry = row.entry;
  // `detail` stays the text that was hashed, so that an export can be checked by itself.
  return {{"seq", row.seq},           {"at", format_time(row.at)}, {"actor", entry.actor},     {"action", entry.action}, {"app", entry.app},
          {"subject", entry.subject}, {"detail", entry.detail},    {"previous", row.previous}, {"hash", row.hash}};
}

Result<int> list(storage::Store& store, const AuditArguments& arguments, const Clock& clock, std::ostream& out) {
  TRY(auto since, parse_since(arguments.since, clock));
  TRY(auto rows, read_rows(store, {.app = arguments.app, .since = since, .limit = arguments.limit, .newest_first = true}));
  if (arguments.output == "json") {
    auto document = json::array();
    for (const auto& row : rows) document.push_back(to_json(row));
    out << dump(document, 2) << '\n';
    return 0;
  }
  for (const auto& row : rows) {
    const auto& entry = row.entry;
    const auto line = fmt::format("{:>6}  {}  {:<14} {:<22} {:<16} {:<12} {}", row.seq, format_time(row.at), entry.actor, entry.action,
                                  entry.app.empty() ? "-" : entry.app, entry.subject.empty() ? "-" : entry.subject, entry.detail);
    out << without_control_characters(line) << '\n';
  }
  if (rows.empty()) out << "nothing in the log\n";
  return 0;
}

struct Verified {
  std::vector<storage::AuditFault> faults;
  std::int64_t rows = 0;
  std::string hash = std::string(64, '0');
  std::size_t trailers = 0;
};

Result<Verified> examine(storage::Store& store, const AuditArguments& arguments) {
  Verified verified;
  TRY(verified.faults, store.verify_audit());
  const auto limit = arguments.git.empty() ? 1 : std::numeric_limits<std::size_t>::max();
  TRY(const auto rows, read_rows(store, {.app = {}, .since = {}, .limit = limit, .newest_first = true}));
  if (!rows.empty()) verified.rows = rows[0].seq;
  if (!rows.empty()) verified.hash = rows[0].hash;
  if (arguments.git.empty()) return verified;
  TRY(const auto trailers, read_audit_trailers(arguments.git, arguments.branch));
  verified.trailers = trailers.size();
  for (auto& fault : compare_trailers(trailers, rows)) verified.faults.push_back(std::move(fault));
  return verified;
}

Result<int> verify(storage::Store& store, const AuditArguments& arguments, std::ostream& out) {
  TRY(const auto verified, examine(store, arguments));
  const auto& faults = verified.faults;
  const auto head = fmt::format("{}:{}", verified.rows, verified.hash);
  if (arguments.output == "json") {
    auto found = json::array();
    for (const auto& fault : faults) found.push_back({{"seq", fault.seq}, {"what", fault.what}});
    const json document{{"intact", faults.empty()}, {"rows", verified.rows}, {"head", head}, {"trailers", verified.trailers}, {"faults", std::move(found)}};
    out << dump(document, 2) << '\n';
  } else {
    for (const auto& fault : faults) out << fmt::format("row {}: {}\n", fault.seq, fault.what);
    out << (faults.empty() ? fmt::format("the log is intact: {} rows, head {}\n", verified.rows, head)
                           : fmt::format("the log was tampered with: {} faults\n", faults.size()));
    if (!arguments.git.empty()) out << fmt::format("{} commit trailers were compared\n", verified.trailers);
  }
  return faults.empty() ? 0 : 1;
}

void write_csv(const std::vector<AuditRow>& rows, std::ostream& out) {
  out << "seq,at,actor,action,app,subject,detail,previous,hash\r\n";
  for (const auto& row : rows) {
    const auto& entry = row.entry;
    out << row.seq;
    for (const auto& text : {format_time(row.at), entry.actor, entry.action, entry.app, entry.subject, entry.detail, row.previous, row.hash}) {
      out << ',' << csv_cell(text);
    }
    out << "\r\n";
  }
}

Result<int> write_all(storage::Store& store, const AuditArguments& arguments, const Clock& clock, std::ostream& out) {
  TRY(auto since, parse_since(arguments.since, clock));
  TRY(const auto rows, read_rows(store, {.app = arguments.app, .since = since, .limit = std::numeric_limits<std::size_t>::max(), .newest_first = false}));
  if (arguments.format == "csv") {
    write_csv(rows, out);
  } else {
    for (const auto& row : rows) out << dump(to_json(row)) << '\n';
  }
  out.flush();
  if (!out) return Error{ErrorKind::Unavailable, "the output can't be written: is its disk full?"};
  return 0;
}

Result<int> run(const AuditArguments& arguments, Clock& clock, std::ostream& out) {
  const auto one_of = [](const std::string& given, std::string_view option, std::string_view a, std::string_view b) -> Result<void> {
    if (given == a || given == b) return {};
    return Error{ErrorKind::InvalidInput, fmt::format("unknown {} \"{}\", expected {} or {}", option, given, a, b)};
  };
  CHECK_OK(one_of(arguments.format, "--format", "jsonl", "csv"));
  CHECK_OK(one_of(arguments.output, "output", "text", "json"));
  TRY(auto store, storage::Store::open_read_only(arguments.db, clock));
  switch (arguments.action) {
    case AuditAction::List: return list(*store, arguments, clock, out);
    case AuditAction::Verify: return verify(*store, arguments, out);
    case AuditAction::Export: return write_all(*store, arguments, clock, out);
  }
  return 2;
}

}  // namespace

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

int run_audit(const AuditArguments& arguments, Clock& clock, std::ostream& out, std::ostream& err) {
  const auto done = run(arguments, clock, out);
  if (done) return *done;
  err << "driftwarden audit: " << done.error().message << '\n';
  return 2;
}

}  // namespace driftwarden
