#include "bot/conversation/answer_row.hpp"

#include <utility>

namespace driftwarden {

Answer with_row(Answer answer, AuditEntry entry) {
  answer.deed = [deed = std::move(answer.deed), reply = answer.reply, entry = std::move(entry)](storage::Transaction& tx) -> Result<Reply> {
    auto said = reply;
    if (deed) {
      TRY(said, deed(tx));
    }
    auto appended = tx.append_audit(entry);
    if (!appended) return appended.error();
    return said;
  };
  return answer;
}

}  // namespace driftwarden
