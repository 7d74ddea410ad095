// `kubeconform -output json -verbose`: every object with its status.
#include "gitops/base/members.hpp"
#include "integrations/gates/readers.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <set>

namespace driftwarden::gates {
namespace {

using nlohmann::json;

struct Tally {
  std::set<std::string> files{};
  std::size_t judged = 0;
  std::size_t without_schema = 0;
};

void take_invalid(const json& entry, const std::string& object, Findings& into) {
  const auto& errors = member_at(entry, "validationErrors");
  if (!errors.is_array() || errors.empty()) {
    into.add({"schema", object, "", std::string(text_at(entry, "msg")), true, ""});
    return;
  }
  for (const auto& error : errors) into.add({"schema", object, path_of_pointer(text_at(error, "path")), std::string(text_at(error, "msg")), true, ""});
}

Result<void> take_entry(const json& entry, Findings& into, Tally& tally) {
  const auto status = text_at(entry, "status");
  const std::string message(text_at(entry, "msg"));
  const auto object = into.subjects().of_file(text_at(entry, "filename"));
  if (object.empty()) return Error{ErrorKind::InvalidInput, "it judged something else than it was given: " + clean_text(into.subjects(), message, 200)};
  tally.files.insert(object);
  if (status == "statusValid" || status == "statusInvalid") {
    ++tally.judged;
    if (status == "statusInvalid") take_invalid(entry, object, into);
  } else if (status == "statusError" && message.starts_with("could not find schema")) {
    ++tally.without_schema;
    into.add({"missing-schema", object, "", message + ": give it one, or leave such objects out (arguments: [-ignore-missing-schemas])", true, ""});
  } else if (status == "statusError" && message.starts_with("prohibited resource kind")) {
    ++tally.judged;
    into.add({"prohibited-kind", object, "", message, true, ""});
  } else if (status != "statusSkipped") {
    return Error{ErrorKind::InvalidInput, fmt::format("{} can't be validated: {}", object, clean_text(into.subjects(), message.empty() ? std::string(status) : message, 200))};
  }
  return Result<void>{};
}

}  // namespace

Result<std::vector<Finding>> read_kubeconform(const json& document, const Subjects& subjects) {
  const auto& resources = member_at(document, "resources");
  if (!resources.is_array()) return Error{ErrorKind::InvalidInput, "what it printed isn't kubeconform's list of resources"};
  Findings findings(subjects);
  Tally tally;
  for (const auto& entry : resources) CHECK_OK(take_entry(entry, findings, tally));
  // Else all of them would be known as such, and nothing would ever be validated.
  if (tally.judged == 0 && tally.without_schema > 0) {
    return Error{ErrorKind::InvalidInput, "it has a schema for none of the objects: is the directory of schemas the right one (arguments: [-schema-location, ...])?"};
  }
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const auto object = subjects.of_file(subjects.file(i));
    if (!tally.files.contains(object)) return Error{ErrorKind::InvalidInput, fmt::format("it didn't look at {}", object)};
  }
  return findings.take();
}

}  // namespace driftwarden::gates
