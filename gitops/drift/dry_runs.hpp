#pragma once
// What the server plans for one App's Desired, and what is still to be asked. Pure. Internal to gitops/drift.
#include "gitops/diff/compare.hpp"
#include "gitops/drift/object_table.hpp"
#include "gitops/drift/packed.hpp"

#include <cstdint>
#include <optional>
#include <vector>
#include <set>
#include <string>
#include <unordered_map>

namespace driftwarden {

/// In the order in which they are asked.
enum class Urgency : std::uint8_t { None, Early, Doubt, Urgent };

/// Of one object and one Desired of it.
struct Plan {
  enum class Ask : std::uint8_t { None, Queued, Out };

  std::uint64_t desired = 0;   ///< digest
  bool stands = false;         ///< the server plans just what Desired says
  bool asked_early = false;    ///< once for each Desired, whatever the answer
  bool asked_in_doubt = false;
  Ask ask = Ask::None;
  Urgency urgency = Urgency::None;
  std::uint64_t asked_of = 0;  ///< live content when it was asked
  Packed planned;              ///< where the server plans something else, or zeros are in doubt

  /// A refusal, or no answer (status 0), holds for this live content only.
  struct Refusal {
    std::uint64_t live = 0;
    unsigned status = 0;
    std::string message;
  };
  std::optional<Refusal> refusal;
  std::uint8_t unanswered = 0;  ///< questions in a row that got no answer
};

class PlanBook {
 public:
  /// Starts anew when Desired moved.
  Plan& of(ObjectKey object, std::uint64_t desired);
  const Plan* find(ObjectKey object) const;
  Plan* find(ObjectKey object);
  void forget(ObjectKey object);
  void clear();
  /// True when the question is new or more urgent than before, and belongs into a queue.
  bool ask(ObjectKey object, Plan& plan, Urgency urgency, std::uint64_t live);
  /// Nobody waits for the answer any more.
  void relax(ObjectKey object, Plan& plan);
  void answered(ObjectKey object, Plan& plan);
  /// Objects whose question got no answer and may be put again: the server answers others. Not for ever.
  std::vector<ObjectKey> take_unanswered();
  bool has_urgent() const { return !urgent_.empty(); }

 private:
  std::unordered_map<ObjectKey, Plan> plans_;
  std::set<ObjectKey> urgent_;
};

/// Whether the plan says anything that Desired doesn't.
bool plan_differs(const nlohmann::json& desired, const nlohmann::json& planned, CompareContext context);

}  // namespace driftwarden
