#include "integrations/slack/slack.hpp"
#include "integrations/slack/text.hpp"

#include <gtest/gtest.h>

namespace driftwarden::slack {
namespace {

struct TextRow {
  std::string name;
  std::string arrived;
  std::string typed;
  friend void PrintTo(const TextRow& row, std::ostream* out) { *out << row.name; }
};
class PlainCommandText : public testing::TestWithParam<TextRow> {};

TEST_P(PlainCommandText, IsWhatWasTyped) { EXPECT_EQ(plain_command_text(GetParam().arrived), GetParam().typed); }

INSTANTIATE_TEST_SUITE_P(
    Table, PlainCommandText,
    testing::Values(TextRow{"PlainWordsStay", "diff payments/api", "diff payments/api"}, TextRow{"Empty", "", ""},
                    TextRow{"AMention", "<@U0BOT> diff shop", "@U0BOT diff shop"},
                    TextRow{"AMentionOfTheOldForm", "<@U0BOT|warden> help", "@U0BOT help"},
                    TextRow{"ANoBreakSpaceAfterAMention", "<@U0BOT>\u00a0diff", "@U0BOT diff"},
                    TextRow{"AChannelWithItsName", "mute <#C123|deploys>", "mute #deploys"},
                    TextRow{"AChannelWithoutName", "mute <#C123>", "mute #C123"}, TextRow{"APrivateChannel", "mute <#C123|>", "mute #C123"},
                    TextRow{"AUserGroup", "ask <!subteam^S42|@sre>", "ask @S42"}, TextRow{"Here", "<!here> look", "@here look"},
                    TextRow{"ADate", "at <!date^1700000000^{date}^https://x|Nov 14>", "at Nov 14"},
                    TextRow{"AHostThatBecameALink", "set-image api <http://pay.example.com|pay.example.com>:1.2", "set-image api pay.example.com:1.2"},
                    TextRow{"AFileNameThatBecameALink", "<http://app.py|app.py>", "app.py"},
                    TextRow{"ALinkThatKeepsItsLettersCase", "<http://pay.example.com|Pay.Example.com>", "Pay.Example.com"},
                    TextRow{"AMail", "<mailto:a@b.example|a@b.example>", "a@b.example"},
                    TextRow{"ATypedAddress", "<https://git.example/x?a=1&amp;b=2>", "https://git.example/x?a=1&b=2"},
                    TextRow{"AnAddressUnderAnotherName", "<https://git.example/x|our repo>", "https://git.example/x"},
                    TextRow{"LongDashes", "diff shop \u2014all \u2013n 2", "diff shop --all -n 2"},
                    TextRow{"CurlyQuotes", "reject C-1 \u201cnot \u2018now\u2019\u201d", "reject C-1 \"not 'now'\""},
                    TextRow{"AnEllipsis", "diff a\u2026b", "diff a...b"}, TextRow{"AZeroWidthSpace", "di\u200bff", "diff"},
                    TextRow{"EntitiesOnce", "a &lt; b &amp;&amp; c &gt; d &amp;lt;", "a < b && c > d &lt;"},
                    TextRow{"AnEscapedMentionIsNoMention", "&lt;@U0BOT&gt;", "<@U0BOT>"},
                    TextRow{"BackticksKeepTypography", "say `a \u2014 \u201cb\u201d` \u2014x", "say `a \u2014 \u201cb\u201d` --x"},
                    TextRow{"BackticksDecodeEntities", "`a &lt; b`", "`a < b`"},
                    TextRow{"AFence", "```\u2013\n`x` \u2013``` \u2013", "```\u2013\n`x` \u2013``` -"},
                    TextRow{"AnUnclosedBacktick", "a ` \u2013b", "a ` -b"}, TextRow{"AnUnclosedToken", "a <b \u2013c", "a <b -c"},
                    TextRow{"AnEmptyToken", "a <> b", "a <> b"}, TextRow{"OtherLetters", "diff caf\u00e9 \u65e5\u672c", "diff caf\u00e9 \u65e5\u672c"}),
    [](const auto& row) { return row.param.name; });

TEST(Escape, LeavesNoTokenToSlack) { EXPECT_EQ(escape("<!channel> & <@U1> \"x\""), "&lt;!channel&gt; &amp; &lt;@U1&gt; \"x\""); }

TEST(Escape, IsUndoneByReading) {
  const std::string text = "a <b> & `c` &amp; d";
  EXPECT_EQ(plain_command_text(escape(text)), text);
}

}  // namespace
}  // namespace driftwarden::slack
