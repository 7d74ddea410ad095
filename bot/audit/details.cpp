#include "bot/audit/details.hpp"

#include "gitops/base/text.hpp"
#include "gitops/model/seats.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::ordered_json;

void put(ordered_json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

ordered_json state_of(const Change& change) {
  ordered_json state{{"state", to_string(change.state)}};
  put(state, "base", change.base_sha);
  put(state, "head", change.content.head_sha);
  put(state, "diff_digest", change.content.diff_digest);
  put(state, "merged", change.merged_sha);
  return state;
}

ordered_json approvals_of(const Change& change) {
  auto all = ordered_json::array();
  for (const auto& approval : change.approvals) {
    ordered_json one{{"by", approval.by}, {"at", format_time(approval.at)}, {"via", approval.via}, {"head", approval.of.head_sha}, {"diff_digest", approval.of.diff_digest}};
    if (approval.stepped_up) one["stepped_up"] = true;
    put(one, "in_place_of", approval.in_place_of);
    if (approval.extra_only) one["for_cost"] = true;
    if (approval.of != change.content) one["void"] = true;
    all.push_back(std::move(one));
  }
  return all;
}

std::string exact_content(const Change& change) {
  if (!change.merged_sha.empty()) return change.merged_sha;
  return change.content.head_sha.empty() ? change.content.diff_digest : change.content.head_sha;
}

}  // namespace

std::string where_of(const MessageRef& message) { return message.ts.empty() ? message.channel : message.channel + "/" + message.ts; }

std::optional<MessageRef> message_of(const std::string& where) {
  const auto slash = where.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == where.size()) return std::nullopt;
  return MessageRef{where.substr(0, slash), where.substr(slash + 1)};
}

ordered_json detail_of(const AuditEntry& entry) {
  auto detail = ordered_json::parse(entry.detail, nullptr, false);
  return detail.is_object() ? detail : ordered_json::object();
}

void add_details(AuditEntry& entry, const ordered_json& members) {
  auto detail = detail_of(entry);
  for (const auto& [key, value] : members.items()) {
    if (!detail.contains(key)) detail[key] = value;
  }
  entry.detail = detail.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void complete(AuditEntry& entry, const std::optional<Change>& before, const Change& after) {
  ordered_json facts{{"verb", to_string(after.verb)}};
  put(facts, "requester", after.requester);
  if (before) facts["before"] = state_of(*before);
  facts["after"] = state_of(after);
  if (!after.approvals.empty()) facts["approvals"] = approvals_of(after);
  if (const auto needed = seats_of(after.quorum); needed > 0) facts["needed"] = needed;
  if (after.quorum.extra.need > 0) facts["needed_for_cost"] = {{"need", after.quorum.extra.need}, {"from", after.quorum.extra.from}, {"why", after.quorum.extra.why}};
  put(facts, "quorum_rule", after.quorum.rule);
  if (after.pull_request != 0) facts["pull_request"] = fmt::format("#{}", after.pull_request);
  put(facts, "pull_request_url", after.pull_request_url);
  put(facts, "break_glass", after.break_glass);
  if (is_final(after.state)) facts["outcome"] = to_string(after.state);
  add_details(entry, facts);
  if (entry.on.empty()) entry.on = exact_content(after);
  if (entry.where.empty()) entry.where = where_of(after.card ? *after.card : MessageRef{after.channel, after.thread_ts});
}

void complete(AuditEntry& entry, const Incident& incident) {
  if (entry.on.empty()) entry.on = incident.fingerprint;
  if (entry.where.empty()) entry.where = where_of(incident.message ? *incident.message : MessageRef{incident.channel, ""});
}

}  // namespace driftwarden
