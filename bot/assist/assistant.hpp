#pragma once
// The only door to the language model. It holds no credential of ours, sees no secret, runs nothing: a question goes out as redacted text with its row in the
// audit log, an answer comes back as text, which its readers (draft.hpp, suggestion.hpp, explanation.hpp) take as data.
#include "bot/config/config.hpp"
#include "bot/outbox/async_store.hpp"
#include "integrations/llm/llm.hpp"

#include <boost/asio/awaitable.hpp>

#include <deque>
#include <map>
#include <string>

namespace driftwarden {

enum class Purpose { Propose, Ask, Sentence };
std::string_view to_string(Purpose purpose);

/// Who asks, of what; for the limits and the audit.
struct Asking {
  Asking() = default;
  Purpose purpose = Purpose::Ask;
  PersonId who;
  std::string app;      ///< "" = none
  std::string subject;  ///< "C-12", ""
  std::string where;    ///< AuditEntry::where
};

/// An answer, and under which words its question is in the audit log.
struct Told {
  Told() = default;
  std::string text;
  std::string model;
  std::string audit;   ///< "seq:hash" of the question's row
  bool cut = false;
};

class Assistant {
 public:
  struct Parts {
    Clock* clock = nullptr;
    const Config* config = nullptr;
    AsyncStore* store = nullptr;
    llm::Model* model = nullptr;
  };
  explicit Assistant(Parts parts);

  /// Whether the configuration has a model for this.
  bool serves(Purpose purpose) const;
  /// Redacts the prompt again (defence in depth: tokens, keys, values of `set`), writes "model.asked" with the whole redacted prompt, asks, writes
  /// "model.answered" (digest, tokens, time) or "model.failed". RateLimited with words for people when somebody asked too often; InvalidInput when the
  /// configuration has no model for it. A crash between the rows means that the question may be asked again, no more.
  asio::awaitable<Result<Told>> ask(Asking asking, llm::Prompt prompt);

 private:
  Result<void> within_limits(const Asking& asking);
  /// What was asked within the last hour before this process was: the rows say so. Once.
  asio::awaitable<Result<void>> remember_questions();

  Parts parts_;
  std::map<PersonId, std::deque<WallTime>> asked_;  ///< within the last hour
  bool remembers_ = false;
};

}  // namespace driftwarden
