#include "gitops/render/tool_words.hpp"

#include <fmt/core.h>
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

std::string recursion(int links) {
  std::string chain = "Error: template: chart/templates/cm.yaml:5:8: executing \"chart/templates/cm.yaml\" at <include \"a\" .>: error calling include: ";
  for (int i = 0; i < links; ++i) chain += fmt::format("template: chart/templates/cm.yaml:1:{}: executing \"{}\" at <include \"{}\" .>: error calling include: ", 20 + i, i % 2 == 0 ? "a" : "b", i % 2 == 0 ? "b" : "a");
  return chain + "rendering template has a nested reference name: a: unable to execute template\n\nUse --debug flag to render out invalid YAML\n";
}

TEST(ToolWords, OfAChainOfIncludesBothEndsAreKept) {
  for (const int links : {8, 100, 1000, 20000}) {
    const auto last = links - 1;
    EXPECT_EQ(shown(recursion(links)), fmt::format("template: chart/templates/cm.yaml:5:8: executing \"chart/templates/cm.yaml\" at <include \"a\" .>: error calling include: "
                                                   "\u2026 template: chart/templates/cm.yaml:1:{}: executing \"b\" at <include \"a\" .>: error calling include: "
                                                   "rendering template has a nested reference name: a: unable to execute template",
                                                   20 + last))
        << links;
  }
}

TEST(ToolWords, AShortChainOfIncludesIsWhole) {
  const auto text = shown(recursion(2));
  EXPECT_THAT(text, AllOf(HasSubstr(":1:20:"), HasSubstr(":1:21:"), Not(HasSubstr("\u2026")), EndsWith("unable to execute template")));
}

TEST(ToolWords, OfAVeryLongLineTheEndIsReadToo) {
  for (const std::string_view after : {"", "\n", "\n\nUse --debug flag to render out invalid YAML\n"}) {
    const auto text = shown("Error: first " + times(20000, "a word in between ") + "because the chart is broken" + std::string(after));
    EXPECT_THAT(text, AllOf(StartsWith("first"), EndsWith("because the chart is broken"), SizeIs(Le(700U))));
  }
}

TEST(ToolWords, OfALongLineBeforeAShortOneNoPartOfASecretIsLeft) {
  const std::string secret = "hunter2-" + times(30, "abcdefgh");
  const std::vector<SourceFile> files{{"secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {p: " + secret + "}\n"}};
  const std::string before = "Error: ";
  // The line is cut at 32 KiB, in the middle of the secret; what follows is short.
  const auto text = shown(before + std::string((32U << 10U) - before.size() - 101, 'x') + " " + secret + " " + std::string(40U << 10U, 'y') + "\nthe end\n", files);
  EXPECT_THAT(text, AllOf(Not(HasSubstr("abcdefgh")), EndsWith("the end")));
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
