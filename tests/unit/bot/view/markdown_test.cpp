#include "bot/view/markdown.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::view {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Markdown, ReferencesNameNobodyAndNothing) {
  for (const std::string text : {"@bob", "#1", "!12", "GH-1", "OPS-12", "https://example.org", "www.example.org", "acme/web#3", "@\"a b\""}) {
    const auto harmless = without_references(text);
    EXPECT_NE(harmless, text);
    EXPECT_THAT(harmless, HasSubstr("\u2060")) << text;
  }
}

TEST(Markdown, PlainWordsStayAsTheyAre) {
  for (const std::string text : {"bob", "a - b", "50 %", "x@ y", "# heading", "C-12", "web-1", "1.4.2"}) EXPECT_EQ(without_references(text), text);
}

TEST(Markdown, TextIsOneLineWithoutMarks) {
  EXPECT_EQ(markdown_text("*a* _b_ [c](d) <e> `f`\n# g"), "\\*a\\* \\_b\\_ \\[c\\]\\(d\\) &lt;e&gt; \\`f\\` # g");
  EXPECT_EQ(markdown_text("# heading"), "\\# heading");
  EXPECT_EQ(markdown_text("- item"), "\\- item");
}

TEST(Markdown, CodeIsNotLeft) {
  EXPECT_EQ(markdown_code("web"), "`web`");
  EXPECT_EQ(markdown_code("a `` b"), "```a `` b```");
  EXPECT_EQ(markdown_code("`x`"), "`` `x` ``");
  EXPECT_EQ(markdown_code("a\n\nb"), "`a  b`");
}

TEST(Markdown, AFenceIsNotLeft) {
  EXPECT_EQ(markdown_fence("a\n````\nb", "diff"), "`````diff\na\n````\nb\n`````\n");
  EXPECT_THAT(markdown_fence("+# closes #1\n+image: a@sha256:1", "diff"), Not(HasSubstr("closes #1")));
  EXPECT_THAT(markdown_fence("+# closes #1\n+image: a@sha256:1", "diff"), HasSubstr("a@sha256:1"));
}

TEST(Markdown, ACutIsSaid) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "0123456789\n";
  EXPECT_EQ(cut_text(text, 2000), text);
  const auto cut = cut_text(text, 500);
  EXPECT_LE(cut.size(), 500U);
  EXPECT_THAT(cut, StartsWith("0123456789\n"));
  EXPECT_THAT(cut, EndsWith("of 1100 bytes are left out here\n"));
  EXPECT_LE(cut_text(std::string(5000, 'x'), 300).size(), 300U);
}

}  // namespace
}  // namespace driftwarden::view
