#include "integrations/sandbox/forge/emoji.hpp"
#include "integrations/sandbox/forge/html.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace driftwarden::sandbox::forge {
namespace {

struct MarkdownRow {
  std::string name;
  std::string text;
  std::string html;
  friend void PrintTo(const MarkdownRow& row, std::ostream* out) { *out << row.name; }
};
class Markdown : public testing::TestWithParam<MarkdownRow> {};
TEST_P(Markdown, Renders) { EXPECT_EQ(render_markdown(GetParam().text), GetParam().html); }

INSTANTIATE_TEST_SUITE_P(
    Pieces, Markdown,
    testing::Values(MarkdownRow{"Paragraphs", "one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"},
                    MarkdownRow{"Heading", "## Why", "<h3>Why</h3>"},
                    MarkdownRow{"NoHeadingWithoutSpace", "#12 is open", "<p>#12 is open</p>"},
                    MarkdownRow{"Emphasis", "**bold** and *soft* and `a<b`", "<p><strong>bold</strong> and <em>soft</em> and <code>a&lt;b</code></p>"},
                    MarkdownRow{"LoneStars", "2 * 3 ** 4", "<p>2 * 3 ** 4</p>"},
                    MarkdownRow{"List", "- a\n- b\n1. c", "<ul><li>a</li><li>b</li></ul><ol><li>c</li></ol>"},
                    MarkdownRow{"Link", "[chat](https://x.example/a?b=1&c)", "<p><a href=\"https://x.example/a?b=1&amp;c\" rel=\"noreferrer\">chat</a></p>"},
                    MarkdownRow{"BareLink", "see https://x.example/a.", "<p>see <a href=\"https://x.example/a\" rel=\"noreferrer\">https://x.example/a</a>.</p>"},
                    MarkdownRow{"NoScriptLink", "[x](javascript:alert(1))", "<p>x)</p>"},
                    MarkdownRow{"NoForeignHost", "[x](//evil.example)", "<p>x</p>"},
                    MarkdownRow{"Html", "<script>alert('1')</script>", "<p>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;</p>"},
                    MarkdownRow{"Rule", "a\n\n---\nb", "<p>a</p><hr><p>b</p>"},
                    MarkdownRow{"DiffFence", "```diff\n-a\n+<b>\n c\n```\nend",
                                "<pre class=\"fence\"><span class=\"del\">-a</span>\n<span class=\"add\">+&lt;b&gt;</span>\n c\n</pre><p>end</p>"},
                    MarkdownRow{"PlainFence", "```\n-a\n```", "<pre class=\"fence\">-a\n</pre>"},
                    MarkdownRow{"OpenFence", "```\n<x>", "<pre class=\"fence\">&lt;x&gt;\n</pre>"},
                    MarkdownRow{"HiddenMark", "<!-- driftwarden C-1 -->\ntext", "<p>text</p>"},
                    MarkdownRow{"HiddenOverLines", "a\n<!-- one\ntwo -->\nb", "<p>a</p><p>b</p>"},
                    MarkdownRow{"HiddenInALine", "a<!-- x -->b <!-- open", "<p>ab &lt;!-- open</p>"},
                    MarkdownRow{"Fold", "<details><summary>Diff of **checkout**</summary>\n\n```diff\n+a\n```\n\n</details>\nend",
                                "<details class=\"fold\"><summary>Diff of <strong>checkout</strong></summary><div><pre class=\"fence\"><span class=\"add\">+a</span>\n</pre></div></details><p>end</p>"},
                    MarkdownRow{"FoldOverLines", "<details>\n<summary>x</summary>\ny\n</details>", "<details class=\"fold\"><summary>x</summary><div><p>y</p></div></details>"},
                    MarkdownRow{"FoldLeftOpen", "<details>\ny", "<details class=\"fold\"><summary>Details</summary><div><p>y</p></div></details>"},
                    MarkdownRow{"StrayEnd", "</details>x\n</details>", "<p>&lt;/details&gt;x</p>"},
                    MarkdownRow{"OddDetails", "<details onclick=x>", "<p>&lt;details onclick=x&gt;</p>"},
                    MarkdownRow{"Table", "| App | Risk |\n|---|:--|\n| a\\|b | **low** |\nafter",
                                "<table class=\"grid\"><tr><th>App</th><th>Risk</th></tr><tr><td>a|b</td><td><strong>low</strong></td></tr></table><p>after</p>"},
                    MarkdownRow{"Escapes", R"(\[name\="checkout"\] \*not soft\* \<b> \\ \a)", "<p>[name=&quot;checkout&quot;] *not soft* &lt;b&gt; \\ \\a</p>"},
                    MarkdownRow{"EscapesInMarks", R"(**a\*\*b** and [x\](y)](https://x.example))",
                                "<p><strong>a**b</strong> and <a href=\"https://x.example\" rel=\"noreferrer\">x](y)</a></p>"},
                    MarkdownRow{"NoEscapeInCode", R"(`\*`)", "<p><code>\\*</code></p>"},
                    MarkdownRow{"NoHeadingAfterAnEscape", R"(\# one)", "<p># one</p>"},
                    MarkdownRow{"Entities", "2 -&gt; 5 &amp;amp; &lt;script&gt; &quot;x&quot; &nbsp; a & b", "<p>2 -&gt; 5 &amp;amp; &lt;script&gt; &quot;x&quot; &amp;nbsp; a &amp; b</p>"},
                    MarkdownRow{"Small", "<sub>Change C-1 with **x** &lt; <b></sub>", "<p><sub>Change C-1 with <strong>x</strong> &lt; &lt;b&gt;</sub></p>"},
                    MarkdownRow{"SmallLeftOpen", "<sub>x <sub onclick=y>", "<p>&lt;sub&gt;x &lt;sub onclick=y&gt;</p>"},
                    MarkdownRow{"StraySmallEnd", "x</sub>", "<p>x&lt;/sub&gt;</p>"},
                    MarkdownRow{"Emoji", ":bell: a :white_check_mark::large_green_circle: :no_such: 12:30:45", "<p>🔔 a ✅🟢 :no_such: 12:30:45</p>"},
                    MarkdownRow{"NoEmojiInCodeOrAfterAnEscape", R"(`:bell:` \:bell:)", "<p><code>:bell:</code> :bell:</p>"},
                    MarkdownRow{"CodeWithTicks", "``a`b`` `` `c` `` ```", "<p><code>a`b</code> <code>`c`</code> ```</p>"},
                    MarkdownRow{"LongFence", "````\n```\n````\nend", "<pre class=\"fence\">```\n</pre><p>end</p>"},
                    MarkdownRow{"Quote", "> said", "<blockquote>said</blockquote>"}, MarkdownRow{"Nothing", "", ""}),
    [](const auto& row) { return row.param.name; });

TEST(Emoji, KnowsEveryEmojiThatTheBotUses) {
  const std::regex code(":([a-z][a-z0-9_]*):(?=[^:a-z]|[\"])");
  const std::regex quoted("\"[^\"\\n]*\"");
  std::set<std::string> unknown;
  std::size_t found = 0;
  for (const auto* folder : {"bot/view", "bot/conversation", "bot/pulls", "bot/change", "bot/incident"}) {
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(DRIFTWARDEN_SOURCE_DIR) / folder)) {
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      const auto source = text.str();
      for (std::sregex_iterator string(source.begin(), source.end(), quoted), end; string != end; ++string) {
        const auto literal = string->str();
        for (std::sregex_iterator match(literal.begin(), literal.end(), code); match != end; ++match) {
          ++found;
          if (emoji((*match)[1].str()).empty()) unknown.insert((*match)[1].str() + " in " + entry.path().filename().string());
        }
      }
    }
  }
  EXPECT_GT(found, 30U);
  EXPECT_THAT(unknown, testing::IsEmpty());
}

TEST(Message, ShowsItsTrailers) {
  EXPECT_EQ(message_html("title only"), "");
  EXPECT_EQ(message_html("title\n\nbody <x>\n\nChange: C-1\nRequested-by: alice"),
            "<div class=\"text\">body &lt;x&gt;</div><dl class=\"trailers\"><dt>Change</dt><dd>C-1</dd><dt>Requested-by</dt><dd>alice</dd></dl>");
  EXPECT_EQ(message_html("title\n\nno trailer: here\nplain"), "<div class=\"text\">no trailer: here\nplain</div>");
}

TEST(Diff, IsTakenApart) {
  const auto files = parse_diff(
      "diff --git a/x.yaml b/x.yaml\nindex 1..2 100644\n--- a/x.yaml\n+++ b/x.yaml\n@@ -3,2 +3,3 @@ spec:\n keep\n-old\n+new\n+--- not a header\n\\ No newline at end of file\n"
      "diff --git a/old b/new\nsimilarity index 100%\nrename from old\nrename to new\n"
      "diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+1\n"
      "diff --git a/g b/g\ndeleted file mode 100644\n--- a/g\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n"
      "diff --git a/b.png b/b.png\nBinary files a/b.png and b/b.png differ\n");
  ASSERT_EQ(files.size(), 5U);
  EXPECT_EQ(files[0].path, "x.yaml");
  EXPECT_EQ(files[0].added, 2U);
  EXPECT_EQ(files[0].removed, 1U);
  ASSERT_EQ(files[0].lines.size(), 6U);
  EXPECT_EQ(files[0].lines[1].old_line, 3U);
  EXPECT_EQ(files[0].lines[2].old_line, 4U);
  EXPECT_EQ(files[0].lines[4].new_line, 5U);
  EXPECT_EQ(files[0].lines[4].text, "--- not a header");
  EXPECT_EQ(files[1].status, "renamed");
  EXPECT_EQ(files[1].old_path, "old");
  EXPECT_EQ(files[1].path, "new");
  EXPECT_EQ(files[2].status, "added");
  EXPECT_EQ(files[3].status, "deleted");
  EXPECT_EQ(files[3].path, "g");
  EXPECT_TRUE(files[4].binary);
  EXPECT_TRUE(parse_diff("").empty());
}

TEST(Escape, LeavesNothingThatOpensATag) { EXPECT_EQ(escape("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;"); }

}  // namespace
}  // namespace driftwarden::sandbox::forge
