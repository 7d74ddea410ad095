#include "bot/audit/anchor.hpp"

#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr const char* kKind = "audit.anchor";
constexpr const char* kLastDay = "audit_anchor_day";
constexpr int kAttempts = 5;
constexpr Duration kLookEvery = std::chrono::minutes{10};

std::string day_of(WallTime time) { return format_time(time).substr(0, 10); }

/// The branch's head as the remote has it; "" when there is none.
Result<std::string> head_of(Mirror& mirror, const std::string& branch) {
  auto head = mirror.fetch_ref("refs/heads/" + branch);
  if (!head && head.error().kind == ErrorKind::NotFound) return std::string{};
  return head;
}

Result<std::string> file_at(Mirror& mirror, const std::string& head, const std::string& path) {
  if (head.empty()) return std::string{};
  auto text = mirror.read_file(head, path);
  if (!text && text.error().kind == ErrorKind::NotFound) return std::string{};
  return text;
}

CommitRequest commit_of(const std::string& head, const std::string& branch, const std::string& text, const Anchor& anchor, const Signer& sign) {
  const CommitPerson own{"Driftwarden", "driftwarden@users.noreply.invalid"};
  CommitRequest request;
  request.base = head;
  request.branch = branch;
  request.edits.push_back({anchor_path(anchor.mark.instance), text});
  request.author = own;
  request.committer = own;
  request.at = anchor.at;
  request.message = fmt::format("Audit log at row {}\n\nDriftwarden-Audit: {}\n", anchor.mark.seq, storage::to_text(anchor.mark));
  request.sign = sign;
  return request;
}

bool has_anchor(const std::string& text, const storage::AuditMark& mark) {
  for (const auto& anchor : read_anchors(text)) {
    if (anchor.mark == mark) return true;
  }
  return false;
}

}  // namespace

std::string anchor_path(const std::string& instance) { return fmt::format("{}/{}.jsonl", kAnchorDirectory, instance); }

std::string anchor_line(const Anchor& anchor) { return json{{"at", format_time(anchor.at)}, {"mark", storage::to_text(anchor.mark)}}.dump() + "\n"; }

std::vector<Anchor> read_anchors(const std::string& text) {
  std::vector<Anchor> anchors;
  for (const auto& line : split(text, '\n')) {
    if (trim(line).empty()) continue;
    Anchor anchor;
    const auto read = json::parse(line, nullptr, false);
    const auto string_at = [&](const char* key) {
      const auto found = read.is_object() ? read.find(key) : read.end();
      return read.is_object() && found != read.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    anchor.mark = storage::read_audit_mark(string_at("mark"));
    if (const auto at = parse_time(string_at("at"))) anchor.at = *at;
    anchors.push_back(std::move(anchor));
  }
  return anchors;
}

Result<std::string> write_anchor(Mirror& mirror, const std::string& branch, const Anchor& anchor, const Signer& sign) {
  Error last{ErrorKind::Unavailable, ""};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    TRY(const auto head, head_of(mirror, branch));
    TRY(const auto text, file_at(mirror, head, anchor_path(anchor.mark.instance)));
    if (has_anchor(text, anchor.mark)) return head;
    TRY(const auto commit, mirror.commit(commit_of(head, branch, text + anchor_line(anchor), anchor, sign)));
    const auto pushed = mirror.push(branch, branch, head);
    if (pushed) return commit;
    last = pushed.error();
    // Another instance was faster: on top of that, then.
    if (last.kind != ErrorKind::Conflict) return last;
  }
  return Error{ErrorKind::Unavailable, fmt::format("others kept pushing to {}: {}", branch, last.message)};
}

Result<bool> want_anchor(storage::Transaction& tx, const std::string& instance, WallTime now) {
  const auto day = day_of(now);
  TRY(const auto last, tx.setting(kLastDay));
  if (last.value_or("") >= day) return false;
  storage::AuditQuery newest;
  newest.limit = 1;
  TRY(const auto rows, tx.audit(newest));
  if (rows.empty()) return false;
  storage::OutboxRow row;
  row.kind = kKind;
  row.key = fmt::format("anchor {} {}", instance, day);
  row.lane = kKind;
  row.payload = json{{"mark", storage::audit_mark(rows.front(), instance)}, {"at", format_time(now)}}.dump();
  row.created_at = now;
  row.not_before = now;
  auto queued = tx.enqueue(row);
  if (!queued) return queued.error();
  CHECK_OK(tx.set_setting(kLastDay, day));
  return true;
}

AuditAnchor::AuditAnchor(Parts parts) : parts_(std::move(parts)), tasks_(parts_.executor) {
  parts_.outbox->on(kKind, [this](storage::OutboxRow row) { return carry_out(std::move(row)); });
}

void AuditAnchor::start() { tasks_.spawn("audit anchors", run()); }

asio::awaitable<void> AuditAnchor::stop() { co_await tasks_.join(); }

asio::awaitable<void> AuditAnchor::run() {
  while (true) {
    std::function<Result<bool>(storage::Transaction&)> work = [instance = parts_.instance, now = parts_.clock->wall_now()](storage::Transaction& tx) { return want_anchor(tx, instance, now); };
    auto working = parts_.store->query<bool>(std::move(work));
    const auto wanted = co_await std::move(working);
    if (!wanted) log_warn("audit", wanted.error().message);
    if (wanted && *wanted) parts_.outbox->wake();
    auto slept = co_await parts_.clock->sleep_for(kLookEvery);
    if (!slept) co_return;
  }
}

asio::awaitable<Result<std::string>> AuditAnchor::carry_out(storage::OutboxRow row) {
  const auto payload = json::parse(row.payload);
  Anchor anchor;
  anchor.mark = storage::read_audit_mark(payload.at("mark").get<std::string>());
  if (const auto at = parse_time(payload.at("at").get<std::string>())) anchor.at = *at;
  std::function<Result<std::string>(Mirror&)> work = [branch = parts_.branch, anchor, sign = parts_.sign](Mirror& mirror) { return write_anchor(mirror, branch, anchor, sign); };
  auto working = parts_.with_mirror(std::move(work));
  auto written = co_await std::move(working);
  if (!written) co_return wrap("committing the head of the audit log to " + parts_.branch, written.error());
  co_return std::move(*written);
}

}  // namespace driftwarden
