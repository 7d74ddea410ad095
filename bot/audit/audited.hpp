#pragma once
// Rows of the audit log are completed where they are written, whoever writes them.
#include "bot/config/config.hpp"
#include "storage/passing_transaction.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace driftwarden {

/// Gives each row to `complete` before it joins the chain.
class AuditedTransaction final : public storage::PassingTransaction {
 public:
  AuditedTransaction(storage::Transaction& inner, std::function<void(AuditEntry&)> complete) : PassingTransaction(inner), complete_(std::move(complete)) {}
  Result<AuditRow> append_audit(const AuditEntry& entry) override;

 private:
  std::function<void(AuditEntry&)> complete_;
};

/// A row of what was said in `where`: that of a person names it, that of the bot's own keeps what it has.
void said_in(AuditEntry& entry, const std::string& where);

/// Who the people are in chat, on the forge and in commits. From any thread.
class WhoIsWho {
 public:
  /// `team` is the workspace's id.
  void learn(const Config& config, const std::string& team);
  /// Adds the actor's identities to the detail: {"slack":"T0/U0","forge":"alice","commit":"Alice <a@x>"}, as far as they are known.
  void complete(AuditEntry& entry) const;

 private:
  struct Known {
    std::string team;
    std::map<PersonId, std::string> identities;  ///< as JSON text
  };
  mutable std::mutex mutex_;  ///< of `known_`
  std::shared_ptr<const Known> known_ = std::make_shared<const Known>();
};

}  // namespace driftwarden
