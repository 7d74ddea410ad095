// What `log` and `heartbeat` take.
#include "tests/unit/bot/config/fixture.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

FakeEnvironment with_url(const std::string& url) {
  FakeEnvironment environment;
  environment.variables = {{"SNITCH", url}};
  return environment;
}

TEST(OperationsSection, SaysNothingByItself) {
  const auto config = good("policy: {rules: []}\n");
  EXPECT_EQ(config.log.format, LogFormat::Text);
  EXPECT_FALSE(config.log.debug);
  EXPECT_FALSE(config.heartbeat);
}

TEST(OperationsSection, ReadsAllOfIt) {
  const auto config = good("policy: {rules: []}\nlog: {format: json, level: debug}\nheartbeat: {url: {env: SNITCH}, every: 30s}\n", with_url("https://nosnch.example/c2354d53d2"));
  EXPECT_EQ(config.log.format, LogFormat::Json);
  EXPECT_TRUE(config.log.debug);
  ASSERT_TRUE(config.heartbeat);
  EXPECT_EQ(config.heartbeat->url.reveal(), "https://nosnch.example/c2354d53d2");
  EXPECT_EQ(config.heartbeat->every, 30s);
}

TEST(OperationsSection, MistakesNameTheirPlaceAndNeverTheAddress) {
  const auto log = load_text("policy: {rules: []}\nlog: {format: xml, level: loud}\n");
  EXPECT_THAT(texts(log.mistakes), ElementsAre(testing::HasSubstr("c.yaml:2:15: "), testing::HasSubstr("c.yaml:2:27: ")));
  const auto plain = load_text("policy: {rules: []}\nheartbeat: {url: {env: SNITCH}, every: 1s}\n", with_url("http://203.0.113.7/t0ken"));
  EXPECT_THAT(texts(plain.mistakes), ElementsAre("c.yaml:2:18: what \"url\" refers to is plain http to another machine, expected https://..., or http:// on this machine",
                                                 "c.yaml:2:40: \"every\" is 1s, expected at least 5s"));
  const auto none = load_text("policy: {rules: []}\nheartbeat: {every: 1m}\n");
  EXPECT_EQ(none.mistakes.size(), 1U);
}

TEST(OperationsSection, AHeartbeatOnThisMachineMayBePlain) {
  EXPECT_TRUE(good("policy: {rules: []}\nheartbeat: {url: {env: SNITCH}}\n", with_url("http://127.0.0.1:9/x")).heartbeat);
}

}  // namespace
}  // namespace driftwarden
