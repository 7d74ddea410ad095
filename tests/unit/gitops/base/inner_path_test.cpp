#include "gitops/base/inner_path.hpp"

#include <gtest/gtest.h>

#include <string>

namespace driftwarden {
namespace {

TEST(InnerPath, StaysWhereItIsJoinedTo) {
  for (const auto* path : {"a", "apps/shop/web.yaml", ".hidden/..a", "a b"}) EXPECT_TRUE(is_inner_path(path)) << path;
}

TEST(InnerPath, AnythingElseIsNone) {
  for (const auto* path : {"", "/", "/etc/passwd", "..", "a/../b", "a/..", "./a", "a/.", "a//b", "a/"}) EXPECT_FALSE(is_inner_path(path)) << path;
  EXPECT_FALSE(is_inner_path(std::string("a\0b", 3)));
}

}  // namespace
}  // namespace driftwarden
