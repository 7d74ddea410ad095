#include "gitops/base/replace.hpp"

#include <gtest/gtest.h>

namespace driftwarden {
namespace {

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  replace_all(text, what, with);
  return text;
}

TEST(ReplaceAll, TakesEachFromLeftToRight) {
  EXPECT_EQ(replaced("a.b.c", ".", "::"), "a::b::c");
  EXPECT_EQ(replaced("aaaa", "aa", "b"), "bb");
  EXPECT_EQ(replaced("secret and secret", "secret", "***"), "*** and ***");
  EXPECT_EQ(replaced("none", "x", "y"), "none");
}

TEST(ReplaceAll, LooksAtNothingThatItPutIn) {
  EXPECT_EQ(replaced("aa", "a", "aa"), "aaaa");
  EXPECT_EQ(replaced("*", "*", "***"), "***");
}

TEST(ReplaceAll, AnEmptyWordIsNowhere) {
  EXPECT_EQ(replaced("text", "", "x"), "text");
  EXPECT_EQ(replaced("text", "t", ""), "ex");
}

}  // namespace
}  // namespace driftwarden
