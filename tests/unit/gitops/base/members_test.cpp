#include "gitops/base/members.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

TEST(Members, WhatIsThereIsRead) {
  const json object{{"name", "web"}, {"spec", {{"replicas", 2}}}, {"items", {1, 2}}, {"paused", true}};
  EXPECT_EQ(text_at(object, "name"), "web");
  EXPECT_EQ(member_at(object_at(object, "spec"), "replicas"), 2);
  EXPECT_EQ(array_at(object, "items").size(), 2U);
  EXPECT_TRUE(flag_at(object, "paused"));
}

TEST(Members, WhatIsAbsentOrSomethingElseIsEmpty) {
  const json object{{"name", 7}, {"spec", json::array()}, {"items", "none"}, {"paused", "true"}};
  for (const auto& from : {object, json(), json::array({1}), json("text")}) {
    EXPECT_EQ(text_at(from, "name"), "");
    EXPECT_TRUE(object_at(from, "spec").is_object() && object_at(from, "spec").empty());
    EXPECT_TRUE(array_at(from, "items").is_array() && array_at(from, "items").empty());
    EXPECT_FALSE(flag_at(from, "paused"));
    EXPECT_TRUE(member_at(from, "absent").is_null());
  }
}

}  // namespace
}  // namespace driftwarden
