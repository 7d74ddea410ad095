#include "bot/command/ignore_request.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

const ObjectRef kCheckout{"apps", "", "Deployment", "shop", "checkout"};
const ObjectRef kFlags{"", "", "ConfigMap", "shop", "flags"};
const WallTime kUntil{std::chrono::sys_days{std::chrono::year{2026} / 12 / 21}};

IgnoreRule rule(const ObjectRef& ref, std::vector<std::string> paths, const PersonId& owner) {
  IgnoreRule made;
  made.match = {ref.group, ref.kind, ref.namespace_, ref.name};
  made.paths = std::move(paths);
  made.owner = owner;
  return made;
}

TEST(IgnoreRequest, ComesBackFromItsText) {
  const IgnoreRequest request{{{kCheckout, ".spec.replicas"}, {kFlags, R"(.data["a b"])"}}, kUntil};
  EXPECT_EQ(ignore_request_from(to_json_text(request)), request);
  for (const auto* bad : {"", "[]", "{}", R"({"paths":{}})", R"({"paths":["x"]})"}) EXPECT_TRUE(ignore_request_from(bad).fields.empty()) << bad;
}

TEST(IgnoreRequest, MakesOneExactRulePerObject) {
  const auto rules = with_request({}, {{{kCheckout, ".spec.replicas"}, {kFlags, ".data.a"}, {kCheckout, ".spec.paused"}, {kCheckout, ".spec.paused"}}, kUntil}, "alice", "KEDA");
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].match, (IgnoreRule::Match{"apps", "Deployment", "shop", "checkout"}));
  EXPECT_EQ(rules[0].paths, (std::vector<std::string>{".spec.replicas", ".spec.paused"}));
  EXPECT_EQ(rules[0].owner, "alice");
  EXPECT_EQ(rules[0].reason, "KEDA");
  EXPECT_EQ(rules[0].until, kUntil);
  EXPECT_EQ(rules[1].match, (IgnoreRule::Match{"", "ConfigMap", "shop", "flags"}));
}

TEST(IgnoreRequest, TakesOverAPathAndKeepsTheRest) {
  auto narrow = rule(kCheckout, {".spec.replicas"}, "carol");
  narrow.managers = {"keda-*"};
  const auto rules = with_request({rule(kCheckout, {".spec.replicas", ".spec.paused"}, "bob"), rule(kFlags, {".data.a"}, "bob"), narrow}, {{{kCheckout, ".spec.replicas"}, {kFlags, ".data.a"}}, kUntil}, "alice", "");
  ASSERT_EQ(rules.size(), 4U);
  EXPECT_EQ(rules[0].paths, std::vector<std::string>{".spec.paused"});
  EXPECT_EQ(rules[0].owner, "bob");
  EXPECT_EQ(rules[1], narrow) << "a rule for one manager is another rule";
  EXPECT_EQ(rules[2].owner, "alice");
  EXPECT_EQ(rules[3].paths, std::vector<std::string>{".data.a"});
}

}  // namespace
}  // namespace driftwarden
