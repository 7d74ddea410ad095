#pragma once
// A submitted form: the command that it amounts to, and what is wrong with it. Pure.
#include "bot/command/command.hpp"
#include "bot/conversation/request.hpp"
#include "bot/watch/templates.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/change.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// The command that a form stands for, read by the same grammar as if it had been typed; of any other request what was said.
std::string command_text(const Request& request);
/// What a form knows and the grammar has no words for.
void fill_from_form(const Request& request, Command& command);

/// The Change that a form decides about; 0 = none.
std::int64_t change_of_form(const Request& request);
/// What the template asked that the form was made of.
std::vector<TemplateParameter> form_parameters(const nlohmann::json& payload);

/// What a form is judged by.
struct FormFacts {
  std::vector<App> apps;              ///< all that there are: their names and paths are taken
  std::vector<std::string> visible;   ///< Apps that may be taken as a pattern
  std::vector<std::string> clusters;
  std::vector<std::string> repositories;
  std::vector<TemplateParameter> parameters;
  std::optional<Change> change;       ///< that it decides about
};

/// What is wrong, in words for people, by the input's id. Empty: nothing that can be told at once; the command looks closer.
std::map<std::string, std::string> form_errors(const Request& request, const FormFacts& facts);

/// Slack's answer to a submission: an error of an input that the form doesn't show is told at its first one. Null without errors.
nlohmann::json errors_payload(const std::map<std::string, std::string>& errors, const std::vector<std::string>& inputs);

}  // namespace driftwarden
