#pragma once
// Once a day the head of the audit log is committed to a branch of its own: a log that is cut or replaced afterwards doesn't match Git any more.
#include "bot/config/config.hpp"
#include "bot/outbox/outbox.hpp"
#include "gitops/repository/mirror.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden {

struct Anchor {
  storage::AuditMark mark;
  WallTime at{};
  bool operator==(const Anchor&) const = default;
};

inline constexpr std::string_view kAnchorDirectory = "anchors";
/// "anchors/<instance>.jsonl"
std::string anchor_path(const std::string& instance);
/// {"at":"2026-11-22T00:00:00Z","mark":"<seq>:<hash>:<instance>"}
std::string anchor_line(const Anchor& anchor);
/// The anchors of a file; what can't be read has seq 0.
std::vector<Anchor> read_anchors(const std::string& text);

/// Adds the anchor to the remote's branch, which is made when missing; nothing when it is there. Several may do so at once: each adds to what it finds.
/// The commit's id, or that of the branch. Blocking.
Result<std::string> write_anchor(Mirror& mirror, const std::string& branch, const Anchor& anchor, const Signer& sign);

class AuditAnchor {
 public:
  /// Git work on the mirror of the repository.
  using WithMirror = std::function<asio::awaitable<Result<std::string>>(std::function<Result<std::string>(Mirror&)> work)>;
  struct Parts {
    asio::any_io_executor executor;
    Clock* clock = nullptr;
    AsyncStore* store = nullptr;
    Outbox* outbox = nullptr;
    WithMirror with_mirror;
    std::string branch;
    std::string instance;
    Signer sign{};
  };
  explicit AuditAnchor(Parts parts);

  /// Now if today has none yet, then day by day (UTC).
  void start();
  asio::awaitable<void> stop();

 private:
  asio::awaitable<void> run();
  asio::awaitable<Result<std::string>> carry_out(storage::OutboxRow row);

  Parts parts_;
  TaskGroup tasks_;
};

/// What AuditAnchor wants done today, once; false when it was wanted already, or there is nothing in the log.
Result<bool> want_anchor(storage::Transaction& tx, const std::string& instance, WallTime now);

}  // namespace driftwarden
