#pragma once
// `model:` an OpenAI-compatible endpoint that drafts and explains. Off unless it is there.
#include "gitops/base/clock.hpp"
#include "gitops/base/secret.hpp"

#include <string>
#include <vector>

namespace driftwarden {

struct ModelConfig {
  std::string api_url;  ///< without a trailing slash: "http://127.0.0.1:11434/v1"; plain http on loopback only
  std::string name;     ///< `model`: what the endpoint calls it
  Secret<std::string> key{};  ///< empty = none is sent
  Duration timeout = std::chrono::seconds{60};  ///< of one answer, whole
  bool stream = true;
  int answer_tokens = 4'000;
  int prompt_kib = 48;       ///< longer prompts are cut, the least important part first
  int per_person = 20;       ///< questions an hour
  int per_hour = 200;        ///< of all people
  bool propose = true;       ///< `for: [propose, ask, sentences]`
  bool ask = true;
  bool sentences = true;
};

}  // namespace driftwarden
