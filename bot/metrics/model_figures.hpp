#pragma once
// How often a language model was asked, what came of it, how long it thought, and how many tokens that took.
#include "bot/metrics/metric_text.hpp"
#include "integrations/llm/llm.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace driftwarden {

class ModelFigures {
 public:
  void add(const Result<llm::Completion>& answer, Duration took);
  void write(MetricText& text) const;

 private:
  std::map<std::string, Histogram> seconds_;  ///< by outcome: "answered", "cut", "limited", "late"...
  std::int64_t prompt_tokens_ = 0;
  std::int64_t answer_tokens_ = 0;
};

/// `inner` with its answers counted, tries of one question as one. `clock` and `figures` outlive it.
std::unique_ptr<llm::Model> counted(std::unique_ptr<llm::Model> inner, Clock& clock, ModelFigures& figures);

}  // namespace driftwarden
