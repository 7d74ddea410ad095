#include "tests/e2e/driver/model.hpp"

#include <stdexcept>
#include <utility>

namespace driftwarden::e2e {

ModelHands::ModelHands(Web& web, const std::string& api_url, std::string key) : web_(web), base_(api_url.substr(0, api_url.rfind("/v1"))), key_(std::move(key)) {}

void ModelHands::script(const std::string& pattern, Json answer) {
  answer["pattern"] = pattern;
  const auto taken = web_.send("POST", base_ + "/script", "Bearer " + key_, answer.dump());
  if (!taken.ok()) throw std::runtime_error("the model's script was answered " + std::to_string(taken.status) + ": " + taken.text);
}

Json ModelHands::seen() {
  const auto answer = web_.send("GET", base_ + "/seen", "Bearer " + key_);
  if (!answer.ok()) throw std::runtime_error("the model's prompts were answered " + std::to_string(answer.status));
  return answer.body;
}

std::string ModelHands::heard() {
  std::string text;
  for (const auto& prompt : seen()) {
    for (const auto& message : prompt.at("messages")) text += message.at("text").get<std::string>() + "\n";
  }
  return text;
}

std::size_t ModelHands::prompts() { return seen().size(); }

}  // namespace driftwarden::e2e
