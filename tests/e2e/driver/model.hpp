#pragma once
// The sandbox's language model: what it is to say, and what it was asked.
#include "tests/e2e/driver/web.hpp"

#include <string>

namespace driftwarden::e2e {

class ModelHands {
 public:
  /// `api_url` ends in /v1, as the bot has it.
  ModelHands(Web& web, const std::string& api_url, std::string key);

  /// From now on prompts that hold `pattern` are answered so; the members are those of sandbox::ModelAnswer. The newest rule comes first.
  void script(const std::string& pattern, Json answer);
  /// All that it was ever told, in one text.
  std::string heard();
  std::size_t prompts();

 private:
  Json seen();

  Web& web_;
  std::string base_;
  std::string key_;
};

}  // namespace driftwarden::e2e
