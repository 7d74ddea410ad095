#include "bot/metrics/model_figures.hpp"

#include <algorithm>

namespace driftwarden {
namespace {

class CountedModel final : public llm::Model {
 public:
  CountedModel(std::unique_ptr<llm::Model> inner, Clock& clock, ModelFigures& figures) : inner_(std::move(inner)), clock_(clock), figures_(figures) {}

  asio::awaitable<Result<llm::Completion>> complete(llm::Prompt prompt) override {
    const auto began = clock_.mono_now();
    auto completing = inner_->complete(std::move(prompt));
    auto answer = co_await std::move(completing);
    figures_.add(answer, std::chrono::duration_cast<Duration>(clock_.mono_now() - began));
    co_return answer;
  }
  std::string name() const override { return inner_->name(); }

 private:
  std::unique_ptr<llm::Model> inner_;
  Clock& clock_;
  ModelFigures& figures_;
};

std::string outcome_of(const Result<llm::Completion>& answer) {
  if (answer) return answer->cut ? "cut" : "answered";
  switch (answer.error().kind) {
    case ErrorKind::RateLimited: return "limited";
    case ErrorKind::Denied: return "denied";
    case ErrorKind::Timeout: return "late";
    case ErrorKind::Unavailable: return "unreachable";
    case ErrorKind::Corrupt: return "unreadable";
    case ErrorKind::Cancelled: return "cancelled";
    default: return "refused";
  }
}

}  // namespace

void ModelFigures::add(const Result<llm::Completion>& answer, Duration took) {
  const auto known = seconds_.try_emplace(outcome_of(answer), Histogram({0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600})).first;
  known->second.observe(static_cast<double>(took.count()) / 1000.0);
  if (!answer) return;
  prompt_tokens_ += std::max<std::int64_t>(answer->prompt_tokens, 0);
  answer_tokens_ += std::max<std::int64_t>(answer->answer_tokens, 0);
}

void ModelFigures::write(MetricText& text) const {
  text.family("driftwarden_model_seconds", MetricType::Histogram, "How long the language model took for an answer, by what came of the question; its tries included.");
  for (const auto& [outcome, seconds] : seconds_) text.histogram(seconds, {{"outcome", outcome}});
  text.family("driftwarden_model_tokens_total", MetricType::Counter, "Tokens, as far as the model's endpoint counts them.");
  text.sample(static_cast<double>(prompt_tokens_), {{"of", "prompts"}});
  text.sample(static_cast<double>(answer_tokens_), {{"of", "answers"}});
}

std::unique_ptr<llm::Model> counted(std::unique_ptr<llm::Model> inner, Clock& clock, ModelFigures& figures) {
  return std::make_unique<CountedModel>(std::move(inner), clock, figures);
}

}  // namespace driftwarden
