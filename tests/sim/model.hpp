#pragma once
// A language model that means well, is confused, is somebody else's, or doesn't answer. Its words are drawn from the seed.
#include "integrations/llm/llm.hpp"
#include "tests/sim/ground.hpp"

#include <functional>
#include <string>

namespace driftwarden::sim {

class SimModel final : public llm::Model {
 public:
  explicit SimModel(Ground& ground) : ground_(ground) {}

  /// It is asked: what for ("propose", "ask", "sentence"), by the audit log.
  std::function<std::string(const llm::Prompt& prompt)> on_asked;

  asio::awaitable<Result<llm::Completion>> complete(llm::Prompt prompt) override;
  std::string name() const override { return "sim-1 at 127.0.0.1"; }

 private:
  Result<llm::Completion> answer(const llm::Prompt& prompt, const std::string& purpose);
  std::string draft(const std::string& app, bool& cut);
  std::string honest_draft(const std::string& app);
  std::string hostile_draft(const std::string& app);
  Ground& ground_;
};

}  // namespace driftwarden::sim
