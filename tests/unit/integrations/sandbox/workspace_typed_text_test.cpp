#include "integrations/sandbox/workspace/typed_text.hpp"
#include "tests/unit/integrations/sandbox/workspace_support.hpp"

#include <gtest/gtest.h>

namespace driftwarden::sandbox::workspace {
namespace {

struct Row {
  std::string name;
  std::string typed;
  std::string stored;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};
class TypedTable : public testing::TestWithParam<Row> {
 protected:
  std::unique_ptr<Random> random = create_seeded_random(1);
  WorkspaceState state{*random, sandbox::test::small_workspace()};
};

TEST_P(TypedTable, IsStoredAsSlackWould) { EXPECT_EQ(encode_typed(state, GetParam().typed).text, GetParam().stored); }

INSTANTIATE_TEST_SUITE_P(
    Typed, TypedTable,
    testing::Values(Row{"Entities", "a < b & c > d", "a &lt; b &amp; c &gt; d"}, Row{"Mention", "@warden status", "<@U0WARDEN> status"},
                    Row{"MentionWithPunctuation", "hi @bob, ok", "hi <@U0BOB>, ok"}, Row{"NobodyOfThatName", "@nobody there", "@nobody there"},
                    Row{"AMailIsNoMention", "write to ann@example.com", "write to <mailto:ann@example.com|ann@example.com>"},
                    Row{"Channel", "see #shop-prod.", "see <#C0SHOP|shop-prod>."}, Row{"Group", "ask @on-call", "ask <!subteam^S0ONCALL>"},
                    Row{"Everybody", "@channel", "<!channel>"}, Row{"Url", "https://example.com/a?b=1&c=2", "<https://example.com/a?b=1&amp;c=2>"},
                    Row{"BareUrlGetsASlash", "https://example.com", "<https://example.com/>"},
                    Row{"UrlBeforeAFullStop", "see https://example.com/a.", "see <https://example.com/a>."},
                    Row{"BareHost", "diff pay.example.com", "diff <http://pay.example.com|pay.example.com>"},
                    Row{"FileNameLooksLikeAHost", "open values.io", "open <http://values.io|values.io>"},
                    Row{"FileNameThatDoesNot", "open values.yaml", "open values.yaml"},
                    Row{"ImageName", "ghcr.io/acme/app:1.2", "<http://ghcr.io/acme/app:1.2|ghcr.io/acme/app:1.2>"}, Row{"Version", "1.8.2", "1.8.2"},
                    Row{"CodeIsLeftAlone", "`@bob https://x.com` <x>", "`@bob https://x.com` &lt;x&gt;"},
                    Row{"Preformatted", "```a < b\n@bob```", "```a &lt; b\n@bob```"}, Row{"EmojiBecomeNames", "done ✅", "done :white_check_mark:"},
                    Row{"TokensCannotBeTyped", "<@U0WARDEN>", "&lt;@U0WARDEN&gt;"}, Row{"LoneBacktick", "it`s @bob", "it`s <@U0BOB>"}),
    [](const auto& row) { return row.param.name; });

class TypedText : public testing::Test {
 protected:
  std::unique_ptr<Random> random = create_seeded_random(1);
  WorkspaceState state{*random, sandbox::test::small_workspace()};
};

TEST_F(TypedText, HasBlocksWithTrueMentions) {
  const auto blocks = encode_typed(state, "@warden diff `x`").blocks;
  const auto& elements = blocks[0]["elements"][0]["elements"];
  EXPECT_EQ(elements[0], (Json{{"type", "user"}, {"user_id", "U0WARDEN"}}));
  EXPECT_EQ(elements[1], (Json{{"type", "text"}, {"text", " diff "}}));
  EXPECT_EQ(elements[2], (Json{{"type", "text"}, {"text", "x"}, {"style", {{"code", true}}}}));
}

TEST_F(TypedText, LinkNamesTouchesNothingElse) {
  EXPECT_EQ(link_names(state, "<@U0BOB> &lt; @warden https://example.com"), "<@U0BOB> &lt; <@U0WARDEN> https://example.com");
}

TEST_F(TypedText, CommandsGetNamesWithTheIds) {
  EXPECT_EQ(encode_command_text(state, "approve @bob in #gitops"), "approve <@U0BOB|bob> in <#C0GITOPS|gitops>");
}

TEST_F(TypedText, MentionsOfTheBot) {
  EXPECT_TRUE(mentions_bot("hi <@U0WARDEN>"));
  EXPECT_TRUE(mentions_bot("`<@U0WARDEN|warden>`"));
  EXPECT_FALSE(mentions_bot("<@U0WARDEN2>"));
  EXPECT_FALSE(mentions_bot("@warden"));
}

}  // namespace
}  // namespace driftwarden::sandbox::workspace
