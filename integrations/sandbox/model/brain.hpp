#pragma once
// What the sandbox has for a model: a handful of wishes, questions and sentences understood by rule, always in the same words. No intelligence, and no need of any:
// what a model answers is data for the bot, whoever wrote it.
#include "integrations/sandbox/model/model_server.hpp"

#include <string>
#include <vector>

namespace driftwarden::sandbox {

/// For ModelServerOptions::brain. Pure.
std::string small_brain(const std::vector<ModelMessage>& messages);

/// The JSON object of a draft: memory, CPU, replicas, a version, a log level, a ConfigMap's value, a PodDisruptionBudget, an autoscaler, and to remove such a one.
std::string draft_by_rule(const std::string& prompt);
/// Of the numbered facts those that share words with the question.
std::string answer_by_rule(const std::string& prompt);
/// One command, or "none".
std::string command_by_rule(const std::string& prompt);

/// What stands behind `label` on its line; "" = it isn't there.
std::string line_after(const std::string& text, std::string_view label);

}  // namespace driftwarden::sandbox
