#include "gitops/base/log_json.hpp"

#include <gtest/gtest.h>

#include <regex>

namespace driftwarden {
namespace {

struct LiteralCase {
  std::string_view given;
  std::string_view expected;
};

TEST(LogJson, LiteralsHoldWhateverComesFromOutside) {
  const LiteralCase cases[] = {
      {"", R"("")"},
      {"plain", R"("plain")"},
      {R"(say "hi" \ there)", R"("say \"hi\" \\ there")"},
      {"two\nlines\ttab\rreturn", R"("two\nlines\u0009tab\u000dreturn")"},
      {std::string_view("nul\0in", 6), R"("nul\u0000in")"},
      {"\x1b[31mred", R"("\u001b[31mred")"},
      {"\x7f", R"("\u007f")"},
      {"Z\xC3\xBCrich \xF0\x9F\x9A\x80", "\"Z\xC3\xBCrich \xF0\x9F\x9A\x80\""},
      {"\xC2\x85next line of C1", R"("\u0085next line of C1")"},
      {"\xE2\x80\xAEturned around", R"("\u202eturned around")"},
      {"\xE2\x80\xA8", R"("\u2028")"},
  };
  for (const auto& [given, expected] : cases) EXPECT_EQ(json_literal(given), expected);
}

TEST(LogJson, BytesThatAreNoUtf8BecomeReplacements) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(json_literal("a\xFFz"), "\"a" + bad + "z\"");
  EXPECT_EQ(json_literal("cut \xE2\x82"), "\"cut " + bad + bad + "\"");
  EXPECT_EQ(json_literal("\xC0\xAF"), "\"" + bad + bad + "\"") << "an overlong slash";
  EXPECT_EQ(json_literal("\xE0\x80\xAF"), "\"" + bad + bad + bad + "\"");
  EXPECT_EQ(json_literal("\xED\xA0\x80"), "\"" + bad + bad + bad + "\"") << "a surrogate";
  EXPECT_EQ(json_literal("\xF4\x90\x80\x80"), "\"" + bad + bad + bad + bad + "\"") << "behind U+10FFFF";
  EXPECT_EQ(json_literal("\x80"), "\"" + bad + "\"");
}

TEST(LogJson, MembersNameWhatALineIsAbout) {
  EXPECT_EQ(log_members("slack", "hello", {}), R"("component":"slack","message":"hello")");
  const std::string app = "shop\n";
  EXPECT_EQ(log_members("change", "merged", {{"app", app}, {"change", "C-12"}, {"incident", ""}}), R"("component":"change","message":"merged","app":"shop\n","change":"C-12")");
}

TEST(LogJson, NoFieldTakesTheNameOfAnother) {
  EXPECT_EQ(log_members("x", "y", {{"level", "fatal"}, {"app", "one"}, {"app", "two"}}), R"("component":"x","message":"y","app":"one")");
}

std::string logged_to_stderr(bool json) {
  set_log_json(json);
  testing::internal::CaptureStderr();
  log_warn("outbox", "say \"x\"\nforged line", {{"change", "C-12"}});
  auto line = testing::internal::GetCapturedStderr();
  set_log_json(false);
  return line;
}

TEST(LogJson, ALineIsOneObjectWithTimeAndLevel) {
  const std::regex shape(R"(\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"warning","component":"outbox","message":"say \\"x\\"\\nforged line","change":"C-12"\}\n)");
  const auto line = logged_to_stderr(true);
  EXPECT_TRUE(std::regex_match(line, shape)) << line;
}

TEST(LogJson, TextStaysOneLineForPeople) {
  const auto line = logged_to_stderr(false);
  EXPECT_NE(line.find("outbox: say \"x\" forged line\n"), std::string::npos) << line;
}

}  // namespace
}  // namespace driftwarden
