#pragma once
// The story that Driftwarden is for. The same steps run against the sandbox and against a real kube-apiserver and a real Gitea.
#include "tests/e2e/driver/world.hpp"

#include <chrono>

namespace driftwarden::e2e {

struct Alerted {
  ChatMessage message;
  std::chrono::milliseconds latency{};  ///< from before the write to the message's own time
};

/// Scales checkout by hand to `replicas` and waits for its alert.
Alerted scale_and_await_alert(Stage stage, int replicas);

/// The card of the newest Change on `app`, once its pull request is open.
ChatMessage await_card(Stage stage, const std::string& verb, const std::string& app);
/// The same of a verb whose card begins with what it would do: "scale it to 3 replicas".
ChatMessage await_card_saying(Stage stage, const std::string& app, const std::string& words);
std::string change_of(const ChatMessage& card);

/// The commit on main that carries out `change`.
Json await_commit(Stage stage, const std::string& change);

void expect_audit_verifies(const std::string& database);
/// How long each Change took from request to proposal, from approval to merge, from merge to in sync and healthy, by the audit log. Printed, never judged.
void print_change_latencies(const std::string& database);

/// Each continues where the one before ended.
void tell_alert_and_diff(Stage stage);
void tell_sync_with_two_people(Stage stage);
void tell_rollback(Stage stage);

}  // namespace driftwarden::e2e
