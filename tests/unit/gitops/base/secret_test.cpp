#include "gitops/base/secret.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <type_traits>

namespace driftwarden {
namespace {

using Text = Secret<std::string>;

template <class T>
concept Streamed = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept Compared = requires(const T& a, const T& b) { a == b; };
template <class T>
concept Ordered = requires(const T& a, const T& b) { a < b; };
template <class T>
concept Hashed = requires(const T& value) { std::hash<T>{}(value); };

static_assert(!Streamed<Text>, "a secret can't be streamed");
static_assert(!Compared<Text> && !Ordered<Text> && !Hashed<Text>, "a secret can't be compared: not even how long it takes must say anything");
static_assert(!fmt::is_formattable<Text>::value, "a secret can't be formatted");
static_assert(!std::is_constructible_v<nlohmann::json, const Text&>, "a secret can't be serialised");
static_assert(!std::is_convertible_v<Text, std::string> && !std::is_convertible_v<std::string, Text>, "a secret is made and read by name only");
static_assert(Streamed<std::string> && Compared<std::string> && fmt::is_formattable<std::string>::value, "these checks can fail");

/// What lies in the object's memory after its end.
std::string memory_after(const std::string& value) {
  alignas(Text) static unsigned char place[sizeof(Text)];
  auto* secret = new (place) Text(value);
  secret->~Secret();
  return {reinterpret_cast<const char*>(place), sizeof(place)};
}

TEST(SecretTest, LeavesNothingBehind) { EXPECT_EQ(memory_after("hunter2").find("hunter2"), std::string::npos) << "in the small buffer"; }

TEST(SecretTest, LeavesNothingWhereItWasMovedFrom) {
  Text first(std::string("hunter2"));
  const Text second(std::move(first));
  EXPECT_EQ(second.reveal(), "hunter2");
  EXPECT_TRUE(first.empty());
  const std::string bytes(reinterpret_cast<const char*>(&first), sizeof(first));
  EXPECT_EQ(bytes.find("hunter2"), std::string::npos);
}

TEST(SecretTest, IsAValueLikeAnyOther) {
  Text one(std::string(100, 'a'));
  Text two = one;
  EXPECT_EQ(two.reveal(), one.reveal());
  two = Text(std::string("b"));
  EXPECT_EQ(two.reveal(), "b");
  one = two;
  one = *&one;
  EXPECT_EQ(one.reveal(), "b");
  EXPECT_FALSE(one.empty());
}

}  // namespace
}  // namespace driftwarden
