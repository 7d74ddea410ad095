#include "gitops/diff/confirm.hpp"

#include "gitops/diff/prepare.hpp"

namespace driftwarden {
namespace {

using nlohmann::json;

bool leaves_as_is(const json& planned, const Pair& pair, const FieldFinding& finding) {
  if (finding.op == FieldOp::Added || finding.op == FieldOp::Stale) return false;
  const auto* then = find_at(planned, finding.path);
  const auto* now = find_at(*pair.live, finding.path);
  const bool none_then = then == nullptr || then->is_null();
  const bool none_now = now == nullptr || now->is_null();
  if (none_then || none_now) return none_then && none_now;
  return *then == *now;
}

}  // namespace

void confirm(const Pair& pair, const DryRun& dry_run, Findings& findings) {
  if (dry_run.status == 403) {
    findings.notes.insert("unconfirmed");
    return;
  }
  if (dry_run.status >= 300 || dry_run.object == nullptr || !dry_run.object->is_object()) {
    findings.notes.insert("dry-run-failed");
    if (dry_run.message.find("immutable") != std::string::npos) findings.notes.insert("immutable");
    return;
  }
  const auto& planned = *dry_run.object;
  std::erase_if(findings.fields, [&](const FieldFinding& finding) { return leaves_as_is(planned, pair, finding); });
  for (auto& finding : findings.doubtful) {
    if (!leaves_as_is(planned, pair, finding)) findings.fields.push_back(std::move(finding));
  }
}

}  // namespace driftwarden
