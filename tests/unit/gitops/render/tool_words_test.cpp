#include "gitops/render/tool_words.hpp"

#include <gmock/gmock.h>

#include <string>

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Le;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

std::string shown(const std::string& printed, const std::vector<SourceFile>& files = {}) { return in_short({printed, "/tmp/tree", "chart", ""}, files, App{}); }

std::string times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(ToolWords, AShortMessageIsWhole) { EXPECT_EQ(shown("Error: no values\n"), "no values"); }

TEST(ToolWords, OfALongMessageTheMiddleIsLeftOut) {
  const std::string_view fillers[]{"rendering a template; ", "größer als groß; "};
  for (const auto filler : fillers) {
    const auto text = shown("Error: execution error at (web/templates/a.yaml:1:2): " + times(200, std::string(filler)) + "the value port is required");
    EXPECT_THAT(text, AllOf(StartsWith("execution error at"), HasSubstr(" \u2026 "), EndsWith("the value port is required")));
    EXPECT_THAT(text, AllOf(SizeIs(Le(700U)), SizeIs(testing::Ge(680U))));
  }
}

TEST(ToolWords, NoCharacterIsCutInTwo) {
  for (int shift = 0; shift < 4; ++shift) {
    const auto text = shown(times(shift, "x") + times(600, "\u00fc"));
    std::size_t inside = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if ((byte & 0xc0U) == 0x80U) {
        ASSERT_GT(inside, 0U) << i;
        --inside;
      } else {
        ASSERT_EQ(inside, 0U) << i;
        inside = byte >= 0xe0U ? 2 : byte >= 0xc0U ? 1 : 0;
      }
    }
    EXPECT_EQ(inside, 0U);
  }
}

TEST(ToolWords, OfVeryMuchTheEndIsReadToo) {
  const auto text = shown("Error: first\n" + times(20000, "a line in between\n") + "because the chart is broken\n");
  EXPECT_THAT(text, AllOf(StartsWith("first"), EndsWith("because the chart is broken"), SizeIs(Le(700U))));
}

TEST(ToolWords, NoPartOfASecretIsLeftAtTheCut) {
  const std::string secret = "hunter2-" + times(30, "abcdefgh");
  const std::vector<SourceFile> files{{"secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {p: " + secret + "}\n"}};
  for (int before = 0; before < 700; before += 50) {
    const auto text = shown("Error: " + times(before, "x") + " " + secret + " " + times(700, "y") + " end", files);
    EXPECT_THAT(text, AllOf(Not(HasSubstr("abcdefgh")), EndsWith("end")));
  }
}

}  // namespace
}  // namespace driftwarden
