#include "bot/terminal/audit_command.hpp"

#include "bot/audit/formats.hpp"
#include "bot/audit/report.hpp"
#include "bot/audit/trace.hpp"
#include "bot/audit/words.hpp"
#include "bot/terminal/audit_rows.hpp"
#include "bot/terminal/audit_trailers.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ostream>

namespace driftwarden {
namespace {

using nlohmann::ordered_json;

std::string dump(const ordered_json& value, int indent = -1) { return value.dump(indent, ' ', false, ordered_json::error_handler_t::replace); }

/// The story of one thing, else the newest rows.
Result<std::vector<AuditRow>> wanted_rows(storage::Store& store, const AuditArguments& arguments, const Clock& clock) {
  TRY(const auto query, audit_query(arguments, clock));
  if (arguments.about.empty()) return read_rows(store, query);
  Trace found;
  CHECK_OK(store.transact([&](storage::Transaction& tx) -> Result<void> {
    TRY(found, trace(tx, audit_key_of(arguments.about), arguments.limit));
    return {};
  }));
  std::erase_if(found.rows, [&](const AuditRow& row) { return !matches(query, row); });
  return std::move(found.rows);
}

Result<int> list(storage::Store& store, const AuditArguments& arguments, const Clock& clock, std::ostream& out) {
  TRY(const auto rows, wanted_rows(store, arguments, clock));
  if (arguments.output == "json") {
    auto document = ordered_json::array();
    for (const auto& row : rows) document.push_back(to_json(row));
    out << dump(document, 2) << '\n';
    return 0;
  }
  for (const auto& row : rows) out << row_words(row) << '\n';
  TRY(const auto seals, store.audit_seals());
  if (rows.empty()) out << "nothing in the log\n";
  if (!seals.empty()) out << fmt::format("rows up to {} are in the archives; `audit export` and `audit report` read them, too\n", seals.back().last);
  return 0;
}

struct Verified {
  std::vector<storage::AuditFault> faults;
  storage::AuditMark head;
  std::size_t archives = 0;
  std::size_t trailers = 0;
  std::size_t anchors = 0;
  std::map<std::string, std::size_t> others;  ///< trailers of other logs
};

void add(std::vector<storage::AuditFault>& faults, std::vector<storage::AuditFault> more) {
  for (auto& fault : more) faults.push_back(std::move(fault));
}

/// The archives, and what they hold for whoever compares rows with Git.
Result<void> examine_archives(storage::Store& store, const AuditArguments& arguments, Verified& verified, std::map<std::int64_t, std::string>& hashes) {
  TRY(const auto seals, store.audit_seals());
  verified.archives = seals.size();
  if (seals.empty()) return Result<void>{};
  TRY(auto faults, store.verify_archives(archive_directory(arguments), [&](const AuditRow& row) { hashes.emplace(row.seq, row.hash); }));
  add(verified.faults, std::move(faults));
  return Result<void>{};
}

Result<void> examine_git(storage::Store& store, const AuditArguments& arguments, Verified& verified, std::map<std::int64_t, std::string> hashes) {
  storage::AuditQuery query;
  query.newest_first = false;
  query.limit = 1000;
  while (true) {
    TRY(const auto rows, read_rows(store, query));
    for (const auto& row : rows) hashes.emplace(row.seq, row.hash);
    if (rows.size() < query.limit) break;
    query.after_seq = rows.back().seq;
  }
  TRY(auto witnesses, read_audit_trailers(arguments.git, arguments.branch));
  verified.trailers = witnesses.size();
  TRY(auto anchors, read_audit_anchors(arguments.git, arguments.anchors));
  verified.anchors = anchors.size();
  for (auto& anchor : anchors) witnesses.push_back(std::move(anchor));
  auto verdict = compare_trailers(witnesses, hashes, verified.head.instance, arguments.alone);
  verified.others = std::move(verdict.others);
  add(verified.faults, std::move(verdict.faults));
  return Result<void>{};
}

Result<Verified> examine(storage::Store& store, const AuditArguments& arguments) {
  Verified verified;
  TRY(verified.faults, store.verify_audit());
  TRY(verified.head, store.audit_head());
  TRY(verified.head.instance, store.instance());
  std::map<std::int64_t, std::string> hashes;
  CHECK_OK(examine_archives(store, arguments, verified, hashes));
  if (!arguments.git.empty()) CHECK_OK(examine_git(store, arguments, verified, std::move(hashes)));
  return verified;
}

Result<int> verify(storage::Store& store, const AuditArguments& arguments, std::ostream& out) {
  TRY(const auto verified, examine(store, arguments));
  const auto& faults = verified.faults;
  const auto head = storage::to_text(verified.head);
  if (arguments.output == "json") {
    auto found = ordered_json::array();
    for (const auto& fault : faults) found.push_back({{"seq", fault.seq}, {"what", fault.what}});
    const ordered_json document{{"intact", faults.empty()},         {"rows", verified.head.seq},     {"head", head},
                                {"archives", verified.archives},    {"trailers", verified.trailers}, {"anchors", verified.anchors},
                                {"of_other_logs", ordered_json(verified.others)}, {"faults", std::move(found)}};
    out << dump(document, 2) << '\n';
    return faults.empty() ? 0 : 1;
  }
  for (const auto& fault : faults) out << (fault.seq == 0 ? fmt::format("{}\n", fault.what) : fmt::format("row {}: {}\n", fault.seq, fault.what));
  out << (faults.empty() ? fmt::format("the log is intact: {} rows, head {}\n", verified.head.seq, head) : fmt::format("the log was tampered with: {} faults\n", faults.size()));
  if (verified.archives > 0) out << fmt::format("{} sealed archives were read\n", verified.archives);
  if (!arguments.git.empty()) out << fmt::format("{} commit trailers and {} anchors were compared\n", verified.trailers, verified.anchors);
  for (const auto& [instance, count] : verified.others) out << fmt::format("{} of these are of another log, {}: they prove nothing of this one\n", count, without_control_characters(instance));
  return faults.empty() ? 0 : 1;
}

Result<int> write_all(storage::Store& store, const AuditArguments& arguments, const Clock& clock, std::ostream& out) {
  TRY(const auto query, audit_query(arguments, clock));
  TRY(const auto instance, store.instance());
  std::function<void(const AuditRow&)> write = [&](const AuditRow& row) { out << dump(to_json(row)) << '\n'; };
  if (arguments.format == "csv") write = [&](const AuditRow& row) { out << csv_line(row) << "\r\n"; };
  if (arguments.format == "syslog") write = [&](const AuditRow& row) { out << syslog_message(row, "", instance) << '\n'; };
  if (arguments.format == "csv") out << kCsvHeader << "\r\n";
  CHECK_OK(for_each_row(store, archive_directory(arguments), query, write));
  out.flush();
  if (!out) return Error{ErrorKind::Unavailable, "the output can't be written: is its disk full?"};
  return 0;
}

Result<int> report(storage::Store& store, const AuditArguments& arguments, const Clock& clock, std::ostream& out) {
  TRY(const auto query, audit_query(arguments, clock));
  std::vector<AuditRow> rows;
  CHECK_OK(for_each_row(store, archive_directory(arguments), query, [&](const AuditRow& row) { rows.push_back(row); }));
  const auto made = make_report(rows, query.since, query.until.value_or(clock.wall_now()));
  out << (arguments.output == "json" ? dump(to_json(made), 2) + "\n" : to_text(made));
  return made.self_approvals.empty() ? 0 : 1;
}

template <std::size_t N>
Result<void> one_of(const std::string& given, std::string_view option, const std::array<std::string_view, N>& known) {
  if (std::ranges::find(known, given) != known.end()) return {};
  return Error{ErrorKind::InvalidInput, fmt::format("unknown {} \"{}\", expected {}", option, given, join({known.begin(), known.end()}, " or "))};
}

Result<int> run(const AuditArguments& arguments, Clock& clock, std::ostream& out) {
  CHECK_OK(one_of<3>(arguments.format, "--format", {"jsonl", "csv", "syslog"}));
  CHECK_OK(one_of<2>(arguments.output, "output", {"text", "json"}));
  TRY(auto store, storage::Store::open_read_only(arguments.db, clock));
  switch (arguments.action) {
    case AuditAction::List: return list(*store, arguments, clock, out);
    case AuditAction::Verify: return verify(*store, arguments, out);
    case AuditAction::Export: return write_all(*store, arguments, clock, out);
    case AuditAction::Report: return report(*store, arguments, clock, out);
  }
  return 2;
}

}  // namespace

int run_audit(const AuditArguments& arguments, Clock& clock, std::ostream& out, std::ostream& err) {
  const auto done = run(arguments, clock, out);
  if (done) return *done;
  err << "driftwarden audit: " << done.error().message << '\n';
  return 2;
}

}  // namespace driftwarden
