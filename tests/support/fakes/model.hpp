#pragma once
// A language model that says what a test wants it to say, and keeps what it was asked.
#include "integrations/llm/llm.hpp"

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace driftwarden::test {

class FakeModel final : public llm::Model {
 public:
  /// In this order; an answer each. After the last: Unavailable, unless there is `answer`.
  std::deque<Result<std::string>> answers;
  std::function<Result<std::string>(const llm::Prompt& prompt)> answer;
  std::vector<llm::Prompt> prompts;  ///< as asked
  bool cut = false;                  ///< its answers have no end

  asio::awaitable<Result<llm::Completion>> complete(llm::Prompt prompt) override {
    prompts.push_back(prompt);
    Result<std::string> text = Error{ErrorKind::Unavailable, "the model can't be reached"};
    if (!answers.empty()) {
      text = std::move(answers.front());
      answers.pop_front();
    } else if (answer) {
      text = answer(prompt);
    }
    if (!text) co_return text.error();
    llm::Completion completion;
    completion.text = std::move(*text);
    completion.model = "scripted-1";
    completion.prompt_tokens = 100;
    completion.answer_tokens = 10;
    completion.cut = cut;
    co_return completion;
  }
  std::string name() const override { return "scripted-1 at 127.0.0.1"; }

  /// All that it was ever told, in one text: to look for what it must not see.
  std::string heard() const {
    std::string text;
    for (const auto& prompt : prompts) {
      for (const auto& message : prompt.messages) text += message.text + "\n";
    }
    return text;
  }
};

}  // namespace driftwarden::test
