// What a model's endpoint sends: events in any cut, whole answers, errors, lists.
#include "integrations/llm/answer.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace driftwarden::fuzz {
namespace {

constexpr std::size_t kMost = 2048;

Result<llm::Completion> read_in_pieces(std::string_view input, std::size_t piece) {
  llm::StreamedAnswer answer(kMost);
  for (std::size_t at = 0; at < input.size(); at += piece) CHECK_OK(answer.feed(input.substr(at, piece)));
  return answer.finish();
}

void look_at(const Result<llm::Completion>& answer) {
  if (!answer) {
    check(answer.error().message.size() < 1000, "what is said of a refusal is short");
    return;
  }
  check(!answer->text.empty() && answer->text.size() <= kMost, "an answer has some text, and not more than is accepted");
  check(std::ranges::none_of(answer->text, [](unsigned char c) { return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f; }), "it holds no control characters");
  check(answer->prompt_tokens >= 0 && answer->answer_tokens >= 0, "counts are counts");
}

void run(std::string_view input) {
  const auto whole = read_in_pieces(input, input.size() + 1);
  const auto by_byte = read_in_pieces(input, 1);
  look_at(whole);
  check(static_cast<bool>(whole) == static_cast<bool>(by_byte), "how the bytes are cut makes no difference");
  if (whole) check(whole->text == by_byte->text && whole->cut == by_byte->cut, "nor for the text");
  look_at(llm::read_answer(input, kMost));
  const auto line = llm::error_line(input);
  check(line.size() <= 210 && line.find('\n') == std::string::npos, "an error is one short line");
  (void)llm::read_models(input);
}

const Target target("model", &run);

}  // namespace
}  // namespace driftwarden::fuzz
