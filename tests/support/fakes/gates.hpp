#pragma once
// Gates that say what the test wants, and remember what they were shown.
#include "bot/gates/gates.hpp"

#include <string>
#include <utility>
#include <vector>

namespace driftwarden::test {

class FakeGates final : public Gates {
 public:
  std::vector<GateResult> answer;
  std::vector<ManifestsToJudge> shown;

  /// The gate finds this, and it blocks.
  void find(const std::string& gate, const std::string& rule, const std::string& object) {
    Finding finding;
    finding.rule = rule;
    finding.object = object;
    finding.message = "it must not be so";
    GateResult result;
    result.gate = gate;
    result.findings.push_back(std::move(finding));
    answer.push_back(std::move(result));
  }

  asio::awaitable<std::vector<GateResult>> judge(ManifestsToJudge judged) override {
    shown.push_back(std::move(judged));
    co_return answer;
  }
};

}  // namespace driftwarden::test
