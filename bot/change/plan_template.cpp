// A new App from a template that is kept in Git.
#include "bot/change/plan_parts.hpp"
#include "bot/command/intents.hpp"
#include "bot/watch/templates.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {

TemplateInputs inputs_of(const CreateAppRequest& request, const App& made) {
  TemplateInputs inputs;
  inputs.name = made.name;
  inputs.namespace_ = made.namespace_;
  inputs.cluster = made.cluster;
  inputs.environment = made.environment;
  inputs.image = request.image;
  inputs.port = request.port == 0 ? "" : std::to_string(request.port);
  inputs.channel = made.channel;
  inputs.parameters = request.parameters;
  return inputs;
}

namespace planning {
namespace {

/// "replicas = 3, tier = frontend, log_level = info (default)"
std::string said(const AppTemplate& from, const CreateAppRequest& request, const std::map<std::string, std::string>& values) {
  std::vector<std::string> parts;
  for (const auto& parameter : from.parameters) {
    const auto& value = values.at(parameter.name);
    const bool given = request.parameters.contains(parameter.name) || (parameter.name == "image" && !request.image.empty()) || (parameter.name == "port" && request.port != 0);
    parts.push_back(fmt::format("{} = {}{}", parameter.name, value.empty() ? "nothing" : shown(value), given || value.empty() ? "" : " (default)"));
  }
  return join(parts, ", ");
}

}  // namespace

Result<VerbPlan> plan_from_template(const CreateAppRequest& request, const App& made, const PlanContext& context) {
  auto found = read_template(context.mirror, context.head, request.template_);
  if (!found && (found.error().kind == ErrorKind::NotFound || found.error().kind == ErrorKind::InvalidInput)) return refused(found.error().message);
  if (!found) return found.error();
  const auto& from = *found;
  if (!request.image.empty() && !from.uses("image")) return refused(fmt::format("the template {} takes no image", from.name));
  if (request.port != 0 && !from.uses("port")) return refused(fmt::format("the template {} takes no port", from.name));
  if (!request.image.empty()) CHECK_OK(parse_image(request.image));
  TRY(const auto values, template_values(from, inputs_of(request, made)));
  VerbPlan plan;
  TRY(plan.edits, fill_template(from, values, made.path));
  TRY(const auto id, id_at(context.mirror, context.head, template_directory(from.name)));
  plan.notes.push_back(fmt::format("{} {} from the template {} ({} at {})", plan.edits.size(), plan.edits.size() == 1 ? "file" : "files", from.name, template_directory(from.name), id.substr(0, 7)));
  if (const auto words = said(from, request, values); !words.empty()) plan.notes.push_back("With " + words);
  return plan;
}

}  // namespace planning
}  // namespace driftwarden
