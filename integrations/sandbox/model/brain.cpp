#include "integrations/sandbox/model/brain.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <utility>

namespace driftwarden::sandbox {
namespace {

constexpr std::size_t kFactsUsed = 3;
constexpr std::size_t kShortestWord = 4;

bool holds(const std::string& text, std::string_view word) { return text.find(word) != std::string::npos; }

std::set<std::string> words_of(const std::string& text) {
  std::set<std::string> words;
  std::string word;
  for (const char c : to_lower(text) + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-') {
      word += c;
    } else if (word.size() >= kShortestWord) {
      words.insert(std::exchange(word, {}));
    } else {
      word.clear();
    }
  }
  return words;
}

std::string first_of(const std::string& prompt, std::initializer_list<std::string_view> labels) {
  for (const auto label : labels) {
    if (auto found = line_after(prompt, label); !found.empty()) return found;
  }
  return {};
}

/// A numbered fact: "[3] Deployment/checkout has 1 of 2 pods ready".
struct Fact {
  std::string number;
  std::string text;
  std::size_t shared = 0;  ///< words with the question
};

std::vector<Fact> facts_of(const std::string& prompt, const std::string& question) {
  const auto asked = words_of(question);
  std::vector<Fact> facts;
  for (const auto& line : split(prompt, '\n')) {
    const auto end = line.find("] ");
    if (!line.starts_with('[') || end == std::string::npos || end < 2) continue;
    const auto number = line.substr(1, end - 1);
    if (!std::ranges::all_of(number, [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    Fact fact{number, std::string(trim(line.substr(end + 2))), 0};
    for (const auto& word : words_of(fact.text)) fact.shared += asked.count(word);
    facts.push_back(std::move(fact));
  }
  return facts;
}

}  // namespace

std::string line_after(const std::string& text, std::string_view label) {
  const auto at = text.find(label);
  if (at == std::string::npos) return {};
  const auto from = at + label.size();
  return std::string(trim(std::string_view(text).substr(from, std::min(text.find('\n', from), text.size()) - from)));
}

std::string answer_by_rule(const std::string& prompt) {
  auto facts = facts_of(prompt, first_of(prompt, {"The question: ", "Question: "}));
  if (facts.empty()) return "Nothing that I was given says so.";
  std::ranges::stable_sort(facts, std::ranges::greater{}, &Fact::shared);
  std::string text = "What I was given says:";
  for (std::size_t i = 0; i < std::min(kFactsUsed, facts.size()); ++i) {
    const auto& fact = facts[i];
    text += fmt::format(" {} [{}]", fact.text.ends_with('.') ? fact.text.substr(0, fact.text.size() - 1) : fact.text, fact.number);
    text += '.';
  }
  return text;
}

std::string command_by_rule(const std::string& prompt) {
  const auto sentence = to_lower(first_of(prompt, {"The sentence: ", "Sentence: ", "The request: "}));
  std::string app;
  for (const auto& name : split(first_of(prompt, {"applications: ", "Applications: ", "Apps: ", "apps: "}), ',')) {
    const auto candidate = std::string(trim(name));
    if (!candidate.empty() && holds(sentence, to_lower(candidate)) && candidate.size() > app.size()) app = candidate;
  }
  if (app.empty()) return "none";
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kMeant{{{"restart", "restart {}"},
                                                                                        {"reboot", "restart {}"},
                                                                                        {"kick", "restart {}"},
                                                                                        {"undo", "rollback {} --previous"},
                                                                                        {"revert", "rollback {} --previous"},
                                                                                        {"back", "rollback {} --previous"},
                                                                                        {"who ", "history {}"},
                                                                                        {"noisy", "silence {} for 1h"},
                                                                                        {"quiet", "silence {} for 1h"},
                                                                                        {"broken", "why {}"},
                                                                                        {"wrong", "why {}"},
                                                                                        {"unhappy", "why {}"},
                                                                                        {"log", "logs {}"},
                                                                                        {"look", "status {}"}}};
  for (const auto& [word, command] : kMeant) {
    if (!holds(sentence, word)) continue;
    const auto place = command.find("{}");
    return std::string(command.substr(0, place)) + app + std::string(command.substr(place + 2));
  }
  return "none";
}

std::string small_brain(const std::vector<ModelMessage>& messages) {
  std::string rules;
  std::string prompt;
  for (const auto& message : messages) (message.role == "system" ? rules : prompt) += message.text + "\n";
  if (holds(rules, "\"steps\"")) return draft_by_rule(prompt);
  return holds(prompt, "[1] ") ? answer_by_rule(prompt) : command_by_rule(prompt);
}

}  // namespace driftwarden::sandbox
