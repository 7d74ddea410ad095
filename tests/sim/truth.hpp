#pragma once
// What is true, from what people did and what the outside saw: the judge of every step.
#include "integrations/llm/llm.hpp"
#include "tests/sim/cluster_model.hpp"
#include "tests/sim/forge_model.hpp"
#include "tests/sim/scene.hpp"
#include "tests/sim/sim_store.hpp"
#include "tests/sim/slack_model.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace driftwarden::sim {

class Truth {
 public:
  struct Outside {
    Ground& ground;
    SlackModel& slack;
    ClusterModel& cluster;
    ForgeModel& forge;
    std::map<std::string, GitRemote*> remotes;
    Durable& durable;
    Rules rules;
  };
  explicit Truth(Outside outside);

  /// The database of the life that runs; null while there is none.
  storage::Store* store = nullptr;

  // What people did.
  void on_said(const Event& event);
  void on_review(const std::string& person, const std::string& branch, const std::string& head);
  // What the outside saw.
  void on_audit(const AuditRow& row);
  /// A model is about to be asked. What for, by the audit log's row of it.
  std::string on_asked(const llm::Prompt& prompt);
  /// From now on this Change is being merged.
  void on_claim(std::int64_t id);
  /// Of every commit that the outside is told of: it must be there after each death. Called when a life begins.
  void check_durable();
  /// At the end: the first thing that isn't as it will have to be, with its invariant; nothing when all is at rest.
  struct Unrest {
    std::string invariant;
    std::string what;
  };
  std::optional<Unrest> unrest();
  /// At rest: the audit log against what was seen.
  void check_audit();
  bool is_synced(const std::string& app) const;
  std::optional<Change> change(std::int64_t id);
  std::vector<Change> changes();
  std::vector<Hold> holds();

 private:
  struct Act {
    MonoTime at{};
    std::string person;
    std::int64_t change = 0;
    std::string sha;   ///< what the button showed; of a review all of it
    bool named = false;
  };
  struct HoldSeen {
    std::string kind;   ///< "freeze", "lock", "halt"
    std::string scope;  ///< "prod", "everything", an App
    std::string owner;
    MonoTime since{};
    std::optional<WallTime> until;
    std::optional<MonoTime> ended;
  };

  struct WaiverSeen {
    std::string app;
    std::string gate;
    std::string rule;
    std::string object;
    std::string owner;
    MonoTime since{};
    WallTime until{};
    std::optional<MonoTime> ended{};
  };
  struct Question {
    std::string row;      ///< "seq:hash"
    std::string subject;
    std::string purpose;
    std::vector<std::string> texts;
    bool asked = false;
  };

  /// Nothing when the database can't be read.
  template <class T>
  std::optional<T> look(const std::function<Result<T>(storage::Transaction&)>& work) {
    std::optional<T> value;
    const auto keep = [&](storage::Transaction& tx) -> Result<void> {
      TRY(value, work(tx));
      return Result<void>{};
    };
    if (store == nullptr || !store->transact(keep)) return std::nullopt;
    return value;
  }

  void on_shown(const Posted& message);
  void on_opened(const PullEntry& entry);
  void on_merge(const PullEntry& entry, MonoTime asked_at);
  void on_push(GitRemote& remote, const std::string& branch, const std::string& before, const std::string& after);
  void on_apply(const ObjectRef& ref, const nlohmann::json& wanted);
  void on_patch(const ObjectRef& ref, const nlohmann::json& patch);

  GitRemote& remote_of(const std::string& app) const;
  std::vector<std::string> yes_sayers(const Change& change, const std::string& head, bool with_requester, const std::vector<std::string>& of) const;
  /// Whether those who said yes fill all seats that this content wants filled.
  bool is_approved(const Change& change, const std::string& head, bool with_requester) const;
  /// It makes the App so much dearer that somebody else must agree as well.
  bool is_dear(const Change& change, const std::string& head) const;
  void check_gates(const Change& change, const std::string& head, Duration within, const std::string& deed);
  void check_draft(const Change& change, const std::string& head);
  void on_question(const AuditRow& row);
  void on_drafted(const AuditRow& row);
  void on_waiver(const AuditRow& row);
  void check_approved(const Change& change, const std::string& head, const std::string& deed);
  void check_holds(const Change& change, MonoTime asked_at, const std::string& deed);
  std::optional<Change> being_put_in_force(const std::string& app);
  bool may_alter(const std::string& app);
  std::optional<Unrest> unrest_of_queues();
  std::optional<Unrest> unrest_of_changes();
  std::optional<Unrest> unrest_of_alerts();
  std::optional<Unrest> unrest_of_answers();
  std::optional<Unrest> unrest_of_waivers();
  std::optional<Unrest> unrest_of_commits();
  void on_commit_row(const AuditRow& row);
  bool is_merged_by_bot(const std::string& sha) const;
  bool had_effect(const Event& event, const std::string& person) const;
  bool is_refusal(const Event& event) const;

  Outside at_;
  std::vector<Act> acts_;
  std::map<std::string, HoldSeen> holds_;  ///< by the audit's subject
  std::map<std::string, WaiverSeen> waivers_;
  std::vector<Question> questions_;
  std::set<std::string> own_merges_;  ///< of a repository without a forge
  std::set<std::string> told_;        ///< commits that others brought to main and that have their row
  std::set<std::string> run_;  ///< buttons `Run it` whose command was run
  std::map<std::string, int> drafts_;  ///< rows of "change.drafted", by Change
  struct Deed {
    std::string action;
    std::string subject;
    std::string what;
  };
  std::vector<Deed> deeds_;  ///< what the audit log has to hold
};

/// Of "driftwarden/c-12-sync-checkout"; 0 of any other branch.
std::int64_t change_of_branch(const std::string& branch);

}  // namespace driftwarden::sim
