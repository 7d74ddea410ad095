#pragma once
// What gates found, for terminals, programs and code scanning.
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/finding.hpp"

#include <string>
#include <vector>

namespace driftwarden {

struct Judgement {
  std::string app;
  std::vector<GateResult> gates{};
  std::vector<Manifest> manifests{};  ///< what was judged: where their objects stand
  std::string directory{};            ///< in which their files are, from the repository's root; "" = unknown or the root
};

std::string judgement_text(const Judgement& judgement);
/// {"app", "ok", "gates": [{"gate", "blocks", "trouble", "known", "left_out", "findings": [...]}]}
std::string judgement_json(const Judgement& judgement);
/// SARIF 2.1.0: a run for each gate.
std::string judgement_sarif(const Judgement& judgement);
/// 0, 1 or 2 as `driftwarden gate` ends.
int judgement_exit_code(const Judgement& judgement);

}  // namespace driftwarden
