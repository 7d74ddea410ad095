#pragma once
// Forms that ask for more than a click can say. Those of a decision are declared in card_view.hpp.
#include "gitops/model/app.hpp"
#include "integrations/slack/slack.hpp"

#include <map>
#include <string>
#include <vector>

namespace driftwarden::view {

/// What a template asks for. Its input is called "param:<name>".
struct FormField {
  std::string name;
  std::string title;                 ///< for people; the name without one
  std::string hint;
  std::string value;                 ///< proposed
  std::string pattern;               ///< what it must look like; checked when the form is submitted
  std::vector<std::string> choices;  ///< empty = free text
  bool required = false;
};
inline constexpr const char* kParameter = "param:";

/// One of several to choose from.
struct FormChoice {
  std::string name;
  std::string title;
};

/// The form for a new App. What `values` holds is filled in ("name", "image", "port", "cluster", "namespace", "path", "channel", "like", "repository").
struct CreateAppForm {
  std::vector<App> apps;               ///< patterns that the caller may see
  std::vector<std::string> clusters;
  std::vector<std::string> repositories{};  ///< asked for where there are several
  std::vector<FormChoice> templates{}; ///< to choose from; none where one is chosen
  std::string template_{};             ///< chosen: its `fields` are asked, and no pattern
  std::vector<FormField> fields{};
  std::map<std::string, std::string> values{};
  std::string channel{};
  std::string thread_ts{};
};
slack::JsonPtr create_app_modal(const CreateAppForm& form);

}  // namespace driftwarden::view
