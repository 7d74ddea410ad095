#pragma once
// Slack's error codes as our errors, and which failures may be repeated. Facts: reference slack.md 2.1, 2.2.
#include "gitops/base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace driftwarden::slack {

ErrorKind kind_of(const std::string& code);

/// From an answer with `ok:false`: names the method, Slack's code, its details and what to do.
Error api_error(const std::string& method, const nlohmann::json& answer);

/// A failure that says for sure that the call had no effect, so that any method may be repeated.
bool had_no_effect(const std::string& code);

/// Twice is as good as once: reads, and writes of a state rather than of a new thing.
bool is_repeatable(const std::string& method);

/// Takes a JSON body. All other methods get a form, which every method understands.
bool takes_json(const std::string& method);

/// Belongs to the app-level token (xapp-) rather than to the bot.
bool needs_app_token(const std::string& method);

}  // namespace driftwarden::slack
