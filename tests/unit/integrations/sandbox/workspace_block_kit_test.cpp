#include "integrations/sandbox/workspace/block_kit.hpp"

#include <gtest/gtest.h>

namespace driftwarden::sandbox::workspace {
namespace {

using Json = nlohmann::json;

Json plain(std::size_t length) { return Json{{"type", "plain_text"}, {"text", std::string(length, 'x')}}; }
Json mrkdwn(std::size_t length) { return Json{{"type", "mrkdwn"}, {"text", std::string(length, 'x')}}; }
Json button(Json extra = Json::object()) {
  Json element{{"type", "button"}, {"text", plain(4)}, {"action_id", "a"}};
  element.update(extra);
  return element;
}
Json one(Json block) { return Json::array({std::move(block)}); }
Json actions(Json element) { return one(Json{{"type", "actions"}, {"elements", Json::array({std::move(element)})}}); }
Json section(Json text) { return Json{{"type", "section"}, {"text", std::move(text)}}; }

Json option(const std::string& value) { return Json{{"text", plain(3)}, {"value", value}}; }
Json select(Json extra = Json::object()) {
  Json element{{"type", "static_select"}, {"action_id", "a"}, {"options", Json::array({option("a"), option("b")})}};
  element.update(extra);
  return element;
}

struct Row {
  std::string name;
  Json blocks;
  std::string mistake;  ///< empty = fine
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
};
class BlockTable : public testing::TestWithParam<Row> {};

TEST_P(BlockTable, IsJudged) {
  const auto mistakes = check_blocks(GetParam().blocks, Surface::Message);
  if (GetParam().mistake.empty()) {
    EXPECT_TRUE(mistakes.empty()) << mistakes.front();
    return;
  }
  ASSERT_FALSE(mistakes.empty());
  EXPECT_EQ(mistakes.front(), GetParam().mistake);
}

Json many(std::size_t count) { return Json(std::vector<Json>(count, Json{{"type", "divider"}})); }

INSTANTIATE_TEST_SUITE_P(
    Blocks, BlockTable,
    testing::Values(
        Row{"FiftyAreFine", many(50), ""}, Row{"FiftyOneAreNot", many(51), "no more than 50 items allowed [json-pointer:/blocks]"},
        Row{"SectionTextUpTo3000", one(section(mrkdwn(3000))), ""},
        Row{"SectionTextNotLonger", one(section(mrkdwn(3001))), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
        Row{"SectionTextNotEmpty", one(section(mrkdwn(0))), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"},
        Row{"SectionNeedsTextOrFields", one(Json{{"type", "section"}}), "missing required field: text [json-pointer:/blocks/0]"},
        Row{"TenFields", one(Json{{"type", "section"}, {"fields", std::vector<Json>(10, mrkdwn(2000))}}), ""},
        Row{"NotElevenFields", one(Json{{"type", "section"}, {"fields", std::vector<Json>(11, mrkdwn(1))}}),
            "no more than 10 items allowed [json-pointer:/blocks/0/fields]"},
        Row{"FieldUpTo2000", one(Json{{"type", "section"}, {"fields", one(mrkdwn(2001))}}),
            "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"},
        Row{"HeaderUpTo150", one(Json{{"type", "header"}, {"text", plain(151)}}), "must be less than 151 characters [json-pointer:/blocks/0/text/text]"},
        Row{"HeaderIsPlain", one(Json{{"type", "header"}, {"text", mrkdwn(3)}}), "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"},
        Row{"UnknownBlock", one(Json{{"type", "sektion"}}), "unsupported type: sektion [json-pointer:/blocks/0/type]"},
        Row{"UnknownField", one(Json{{"type", "divider"}, {"colour", "red"}}), "invalid additional property: colour [json-pointer:/blocks/0]"},
        Row{"TenContextElements", one(Json{{"type", "context"}, {"elements", std::vector<Json>(11, mrkdwn(1))}}),
            "no more than 10 items allowed [json-pointer:/blocks/0/elements]"},
        Row{"ButtonTextUpTo75", actions(button({{"text", plain(76)}})), "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"},
        Row{"ButtonValueUpTo2000", actions(button({{"value", std::string(2001, 'v')}})),
            "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"},
        Row{"ButtonStyle", actions(button({{"style", "loud"}})), "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]"},
        Row{"ActionIdUpTo255", actions(button({{"action_id", std::string(256, 'a')}})),
            "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]"},
        Row{"ConfirmTitleUpTo100", actions(button({{"confirm", {{"title", plain(101)}, {"text", plain(1)}, {"confirm", plain(1)}, {"deny", plain(1)}}}})),
            "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]"},
        Row{"ConfirmNeedsDeny", actions(button({{"confirm", {{"title", plain(1)}, {"text", plain(1)}, {"confirm", plain(1)}}}})),
            "missing required field: deny [json-pointer:/blocks/0/elements/0/confirm]"},
        Row{"FiveOverflowOptions", actions(Json{{"type", "overflow"}, {"options", std::vector<Json>(6, Json{{"text", plain(1)}, {"value", "v"}})}}),
            "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]"},
        Row{"OptionTextUpTo75", actions(Json{{"type", "static_select"}, {"options", one(Json{{"text", plain(76)}, {"value", "v"}})}}),
            "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]"},
        Row{"MarkdownUpTo12000", one(Json{{"type", "markdown"}, {"text", std::string(12'001, 'x')}}),
            "must be less than 12001 characters [json-pointer:/blocks/0/text]"},
        Row{"RichText",
            one(Json{{"type", "rich_text"},
                     {"elements", one(Json{{"type", "rich_text_preformatted"}, {"elements", one(Json{{"type", "text"}, {"text", "x"}})}})}}),
            ""},
        Row{"RichTextKind", one(Json{{"type", "rich_text"}, {"elements", one(Json{{"type", "rich_text_poem"}, {"elements", Json::array()}})}}),
            "unsupported type: rich_text_poem [json-pointer:/blocks/0/elements/0/type]"},
        Row{"ImageNeedsAltText", one(Json{{"type", "image"}, {"image_url", "https://example.com/a.png"}}),
            "missing required field: alt_text [json-pointer:/blocks/0]"},
        Row{"AStaticSelectInActions", actions(select()), ""},
        Row{"AnInitialOptionIsOneOfTheOptions", actions(select({{"initial_option", option("z")}})),
            "must match one of the provided options exactly [json-pointer:/blocks/0/elements/0/initial_option]"},
        Row{"SelectOptionsArePlain", actions(select({{"options", one(Json{{"text", mrkdwn(1)}, {"value", "v"}})}})),
            "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/options/0/text/type]"},
        Row{"AHundredOptions", actions(select({{"options", std::vector<Json>(101, option("a"))}})),
            "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"},
        Row{"OptionsOrGroups", actions(select({{"option_groups", one(Json{{"label", plain(1)}, {"options", one(option("a"))}})}})),
            "only one of options and option_groups is allowed [json-pointer:/blocks/0/elements/0]"},
        Row{"OnlyAnOverflowsOptionHasAUrl", actions(select({{"options", one(Json{{"text", plain(1)}, {"value", "v"}, {"url", "https://x.example"}})}})),
            "invalid additional property: url [json-pointer:/blocks/0/elements/0/options/0]"},
        Row{"AnExternalSelectInActions",
            actions(Json{{"type", "external_select"}, {"action_id", "pick"}, {"placeholder", plain(5)}, {"min_query_length", 0}}), ""},
        Row{"MinQueryLengthIsANumber", actions(Json{{"type", "external_select"}, {"min_query_length", "0"}}),
            "must be an integer [json-pointer:/blocks/0/elements/0/min_query_length]"},
        Row{"APlaceholderIsShort", actions(Json{{"type", "external_select"}, {"placeholder", plain(151)}}),
            "must be less than 151 characters [json-pointer:/blocks/0/elements/0/placeholder/text]"},
        Row{"AnInputNeedsALabel", one(Json{{"type", "input"}, {"element", {{"type", "plain_text_input"}}}}),
            "missing required field: label [json-pointer:/blocks/0]"},
        Row{"AButtonIsNoInput", one(Json{{"type", "input"}, {"label", plain(1)}, {"element", button()}}),
            "unsupported type: button [json-pointer:/blocks/0/element/type]"},
        Row{"AnInputIsNoAction", actions(Json{{"type", "plain_text_input"}}), "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]"},
        Row{"MaxLengthUpTo3000", one(Json{{"type", "input"}, {"label", plain(1)}, {"element", {{"type", "plain_text_input"}, {"max_length", 3001}}}}),
            "must be at most 3000 [json-pointer:/blocks/0/element/max_length]"},
        Row{"ADateIsADate", actions(Json{{"type", "datepicker"}, {"initial_date", "tomorrow"}}),
            "must be a date of the form YYYY-MM-DD [json-pointer:/blocks/0/elements/0/initial_date]"},
        Row{"RichTextLeaf",
            one(Json{{"type", "rich_text"}, {"elements", one(Json{{"type", "rich_text_section"}, {"elements", one(Json{{"type", "verse"}})}})}}),
            "unsupported type: verse [json-pointer:/blocks/0/elements/0/elements/0/type]"},
        Row{"NotAList", Json::object(), "must be an array [json-pointer:/blocks]"}),
    [](const auto& row) { return row.param.name; });

TEST(BlockKit, CountsCodePointsAndNotBytes) {
  std::string text;
  for (int i = 0; i < 150; ++i) text += "ü";
  EXPECT_TRUE(check_blocks(one(Json{{"type", "header"}, {"text", {{"type", "plain_text"}, {"text", text}}}}), Surface::Message).empty());
}

TEST(BlockKit, ActionIdsAreUniqueWithinABlock) {
  const auto mistakes = check_blocks(one(Json{{"type", "actions"}, {"elements", Json::array({button(), button()})}}), Surface::Message);
  ASSERT_EQ(mistakes.size(), 1U);
  EXPECT_EQ(mistakes[0], "`action_id` must be unique within a block: a [json-pointer:/blocks/0/elements/1/action_id]");
}

TEST(BlockKit, OnlyOneTable) {
  const Json table{{"type", "table"}, {"rows", Json::array({Json::array({Json{{"type", "raw_text"}, {"text", "a"}}})})}};
  EXPECT_TRUE(check_blocks(Json::array({table}), Surface::Message).empty());
  EXPECT_EQ(check_blocks(Json::array({table, table}), Surface::Message).front(), "only_one_table_allowed [json-pointer:/blocks/1]");
}

TEST(BlockKit, AHomeTabHoldsAHundredBlocks) {
  Json view{{"type", "home"}, {"blocks", many(100)}};
  EXPECT_TRUE(check_view(view).empty());
  view["blocks"] = many(101);
  EXPECT_EQ(check_view(view).front(), "no more than 100 items allowed [json-pointer:/view/blocks]");
  view["type"] = "workflow_step";
  EXPECT_EQ(check_view(view).front(), "unsupported type: workflow_step [json-pointer:/view/type]");
}

TEST(BlockKit, OneElementHasTheFocus) {
  Json field{{"type", "input"}, {"label", plain(3)}, {"element", {{"type", "plain_text_input"}, {"focus_on_load", true}}}};
  Json view{{"type", "modal"}, {"title", plain(5)}, {"submit", plain(2)}, {"blocks", Json::array({field, field})}};
  EXPECT_EQ(check_view(view).front(), "only one element can have focus_on_load set to true [json-pointer:/view/blocks/1/element/focus_on_load]");
}

TEST(BlockKit, AModalWithInputsNeedsSubmit) {
  const Json input{{"type", "input"}, {"label", plain(3)}, {"element", {{"type", "plain_text_input"}, {"action_id", "a"}}}};
  Json view{{"type", "modal"}, {"title", plain(24)}, {"blocks", Json::array({input})}};
  EXPECT_EQ(check_view(view).front(), "missing required field: submit [json-pointer:/view]");
  view["submit"] = plain(5);
  EXPECT_TRUE(check_view(view).empty());
  view["title"] = plain(25);
  EXPECT_EQ(check_view(view).front(), "must be less than 25 characters [json-pointer:/view/title/text]");
}

}  // namespace
}  // namespace driftwarden::sandbox::workspace
