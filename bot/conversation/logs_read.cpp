#include "bot/conversation/logs_read.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

namespace driftwarden {

std::string json_list(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const auto& text : texts) quoted.push_back(json_quoted(text));
  return "[" + join(quoted, ",") + "]";
}

AuditEntry logs_read_entry(const Call& call, const std::vector<std::string>& sources, std::string_view with) {
  AuditEntry entry;
  entry.actor = caller_id(call);
  entry.action = "logs.read";
  entry.app = call.command.app;
  entry.detail = fmt::format(R"({{"sources":{},"lines":{},"{}":true}})", json_list(sources), sources.size(), with);
  return entry;
}

}  // namespace driftwarden
