#include "bot/metrics/gate_figures.hpp"

#include "tests/support/prometheus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

GateResult result(std::vector<Finding> findings = {}) {
  GateResult one;
  one.gate = "policy";
  one.findings = std::move(findings);
  return one;
}
Finding finding(bool blocks) { return {"latest", "", "", "", blocks, ""}; }

TEST(GateVerdict, IsWhatBecomesOfIt) {
  EXPECT_EQ(verdict_of(result()), "passed");
  auto known = result();
  known.known = 3;
  EXPECT_EQ(verdict_of(known), "passed") << "what was in force before is nothing new";
  EXPECT_EQ(verdict_of(result({finding(false)})), "warned");
  EXPECT_EQ(verdict_of(result({finding(true), finding(false)})), "blocked");
  auto mild = result({finding(true)});
  mild.blocks = false;
  EXPECT_EQ(verdict_of(mild), "warned");
  auto broken = result();
  broken.trouble = "it isn't installed";
  EXPECT_EQ(verdict_of(broken), "unjudged");
}

TEST(GateFiguresTest, AreTimesByGateAndVerdict) {
  GateFigures figures;
  figures.add(result(), 20ms);
  figures.add(result(), 700ms);
  figures.add(result({finding(true)}), 2s);
  MetricText text;
  figures.write(text);
  const auto read = test::read_prometheus(text.text());
  EXPECT_THAT(read.faults, IsEmpty());
  EXPECT_EQ(read.at(R"(driftwarden_gate_seconds_count{gate="policy",verdict="passed"})"), 2);
  EXPECT_DOUBLE_EQ(read.at(R"(driftwarden_gate_seconds_sum{gate="policy",verdict="passed"})"), 0.72);
  EXPECT_EQ(read.at(R"(driftwarden_gate_seconds_count{gate="policy",verdict="blocked"})"), 1);
}

}  // namespace
}  // namespace driftwarden
