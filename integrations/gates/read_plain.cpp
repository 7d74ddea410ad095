// The form for programs of one's own: [{"rule", "message", "object"?, "file"?, "path"?, "level"?, "link"?}], or that under "findings".
#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"
#include "integrations/gates/readers.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::gates {
namespace {

using nlohmann::json;

std::string object_of(const json& entry, const Subjects& subjects) {
  const auto& object = member_at(entry, "object");
  if (object.is_object()) {
    auto known = subjects.of(text_at(object, "kind"), text_at(object, "namespace"), text_at(object, "name"));
    return known.empty() ? std::string(text_at(object, "kind")) + " " + std::string(text_at(object, "name")) : known;
  }
  if (object.is_string()) return object.get<std::string>();
  const auto file = text_at(entry, "file");
  auto known = subjects.of_file(file);
  return known.empty() ? std::string(file) : known;
}

}  // namespace

Result<std::vector<Finding>> read_plain(const json& document, const Subjects& subjects) {
  const auto& list = document.is_object() ? member_at(document, "findings") : document;
  if (!list.is_array()) return Error{ErrorKind::InvalidInput, "what it printed is no list of findings"};
  Findings findings(subjects);
  for (const auto& entry : list) {
    Finding finding;
    finding.rule = text_at(entry, "rule");
    finding.message = text_at(entry, "message");
    if (finding.rule.empty() || finding.message.empty()) return Error{ErrorKind::InvalidInput, "a finding without a rule or a message"};
    finding.object = object_of(entry, subjects);
    finding.path = text_at(entry, "path");
    finding.link = text_at(entry, "link");
    const auto level = to_lower(text_at(entry, "level"));
    finding.blocks = level != "warning" && level != "note" && level != "info";
    findings.add(std::move(finding));
  }
  return findings.take();
}

}  // namespace driftwarden::gates
