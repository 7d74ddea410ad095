#include "gitops/base/forge_text.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

std::string visible(std::string text) {
  for (auto at = text.find("\u2060"); at != std::string::npos; at = text.find("\u2060")) text.erase(at, 3);
  return text;
}

TEST(ForgeText, NothingThatAForgeActsOnIsLeft) {
  for (const std::string order : {"@org/all", "#12", "!7", "GH-1", "gh-1", "OPS-12", "https://example.org/issues/1", "www.example.org", "acme/web#3", "<!-- driftwarden -->", "@\"a b\"", "[skip ci]", "[ci skip]",
                                  "[no ci]", "[skip actions]", "[actions skip]", "[Skip CI]", "[skip-ci]", "[ci_skip]", "[ skip ci ]", "[skip azurepipelines]", "***NO_CI***", "***no_ci***", "skip-checks: true",
                                  "Skip-Checks:true", "skip-checks : true"}) {
    const auto text = "fixes " + order + " now";
    const auto harmless = without_forge_commands(text);
    EXPECT_EQ(harmless.find(order), std::string::npos) << order;
    EXPECT_EQ(visible(harmless), text);
    EXPECT_EQ(without_forge_commands(harmless), harmless) << "twice is once";
  }
}

TEST(ForgeText, BreaksWithinTheWordThatIsRead) {
  EXPECT_EQ(without_forge_commands("fixes #12 @org/all [skip ci]"), "fixes #\u206012 @\u2060org/all [\u2060skip ci]");
  EXPECT_EQ(without_forge_commands("***NO_CI*** skip-checks:"), "***\u2060NO_CI*** skip\u2060-checks:");
}

TEST(ForgeText, PlainWordsStayAsTheyAre) {
  for (const std::string text : {"", "bob", "a - b", "50 %", "x@ y", "# heading", "C-12", "web-1", "high-1", "1.4.2", "[1]", "[", "skip ci", ".env[name=\"A\"].value", "\u00e4 \u2026"}) {
    EXPECT_EQ(without_forge_commands(text), text);
  }
}

}  // namespace
}  // namespace driftwarden
