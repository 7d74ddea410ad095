#include "bot/setup/slack_manifest.hpp"

#include "bot/setup/slack_scopes.hpp"
#include "gitops/manifest/manifest.hpp"
#include "tests/support/golden.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

TEST(SlackManifest, IsTheOneThatIsShipped) {
  EXPECT_EQ(test::read_source_file("deploy/slack-manifest.yaml"), *slack_manifest("Driftwarden")) << "driftwarden slack-manifest > deploy/slack-manifest.yaml";
}

TEST(SlackManifest, AsksForTheScopesOfTheListAndNoOthers) {
  const auto manifest = parse_yaml(*slack_manifest("Driftwarden"), "m.yaml")->front();
  std::set<std::string> expected;
  for (const auto& [scope, why] : kSlackScopes) {
    expected.emplace(scope);
    EXPECT_FALSE(why.empty()) << scope;
  }
  EXPECT_EQ(manifest["oauth_config"]["scopes"]["bot"].get<std::set<std::string>>(), expected);
  EXPECT_FALSE(manifest["oauth_config"]["scopes"].contains("user"));
  EXPECT_EQ(manifest["settings"]["socket_mode_enabled"], true);
}

TEST(SlackManifest, AnotherNameHasAnotherCommand) {
  const auto manifest = parse_yaml(*slack_manifest("Warden \"EU\""), "m.yaml")->front();
  EXPECT_EQ(manifest["display_information"]["name"], "Warden \"EU\"");
  EXPECT_EQ(manifest["features"]["slash_commands"][0]["command"], "/warden-eu");
  EXPECT_EQ(manifest["features"]["bot_user"]["display_name"], "warden-eu");
}

TEST(SlackManifest, ANameThatSlackWouldRefuseIsRefusedHere) {
  for (const auto* name : {"", "...", "a name that is longer than thirty-five letters"}) EXPECT_FALSE(slack_manifest(name)) << name;
  EXPECT_FALSE(slack_manifest("a\nb: c"));
}

}  // namespace
}  // namespace driftwarden
