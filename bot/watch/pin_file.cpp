#include "bot/watch/fleet.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden {

Result<Pin> parse_pin(const std::string& text, const std::string& path) {
  TRY(const auto documents, parse_yaml(text, path));
  if (documents.size() != 1 || !documents.front().is_object()) return Error{ErrorKind::InvalidInput, path + ": expected one mapping with the key `revision`"};
  const auto& document = documents.front();
  const auto text_of = [&](const char* key) {
    const auto found = document.find(key);
    return found != document.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  Pin pin{text_of("revision"), text_of("by"), text_of("reason"), text_of("at")};
  const bool is_commit = pin.revision.size() >= 7 && pin.revision.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_commit) return Error{ErrorKind::InvalidInput, path + ": `revision` must be a commit id, quoted when it is all digits"};
  return pin;
}

std::string write_pin(const Pin& pin, const std::string& app) {
  // JSON strings are YAML strings, whatever people wrote into them.
  return fmt::format("# Which revision of {} is in force. Written by Driftwarden, one reviewed commit per change.\nrevision: {}\nby: {}\nreason: {}\nat: {}\n", app,
                     json_quoted(pin.revision), json_quoted(pin.by), json_quoted(pin.reason), json_quoted(pin.at));
}

}  // namespace driftwarden
