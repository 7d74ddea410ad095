#include "integrations/kubernetes/list_splitter.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace driftwarden::kubernetes {
namespace {

struct Split {
  std::vector<std::string> items;
  std::optional<Error> error;
  ListEnd end;
};

Split split(std::string_view text, std::size_t piece, std::size_t limit = 8U << 20U) {
  Split out;
  ListSplitter splitter(limit);
  const ListSplitter::OnItem on_item = [&](std::string_view item) -> Result<void> {
    out.items.emplace_back(item);
    return {};
  };
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (const auto fed = splitter.feed(text.substr(at, piece), on_item); !fed) {
      out.error = fed.error();
      return out;
    }
  }
  const auto end = splitter.finish();
  if (end) {
    out.end = *end;
  } else {
    out.error = end.error();
  }
  return out;
}

struct Row {
  std::string name;
  std::string text;
  std::vector<std::string> items;
  std::string version;
  std::string more;
};

TEST(ListSplitter, EmitsItemsWhereverTheBytesAreCut) {
  const std::vector<Row> rows{
      {"metadata before", R"({"kind":"L","apiVersion":"v1","metadata":{"resourceVersion":"7","continue":"c="},"items":[{"a":1},{"b":[{}]}]})", {R"({"a":1})", R"({"b":[{}]})"}, "7", "c="},
      {"metadata after", R"({"items":[{"a":1}],"metadata":{"resourceVersion":"7"}})", {R"({"a":1})"}, "7", ""},
      {"space everywhere", "\n { \"items\" : [ { \"a\" : 1 } ,\n {} ] , \"metadata\" : { \"resourceVersion\" : \"7\" } } \n", {R"({ "a" : 1 })", "{}"}, "7", ""},
      {"braces in strings", R"({"metadata":{"resourceVersion":"7"},"items":[{"a":"}]\"\\"},{"b":"{["}]})", {R"({"a":"}]\"\\"})", R"({"b":"{["})"}, "7", ""},
      {"items null", R"({"items":null,"metadata":{"resourceVersion":"7"}})", {}, "7", ""},
      {"no items", R"({"metadata":{"resourceVersion":"7"}})", {}, "7", ""},
      {"empty items", R"({"metadata":{"resourceVersion":"7"},"items":[]})", {}, "7", ""},
      {"unknown members", R"({"x":[1,{"items":[{"no":1}]}],"y":-1.5e3,"z":"items","t":true,"metadata":{"remainingItemCount":3,"resourceVersion":"7"},"items":[{"a":1}],"n":null})", {R"({"a":1})"}, "7", ""},
  };
  for (const auto& row : rows) {
    for (std::size_t piece = 1; piece <= row.text.size(); ++piece) {
      const auto got = split(row.text, piece);
      ASSERT_FALSE(got.error) << row.name << " by " << piece << ": " << got.error->message;
      EXPECT_EQ(got.items, row.items) << row.name << " by " << piece;
      EXPECT_EQ(got.end.resource_version, row.version) << row.name;
      EXPECT_EQ(got.end.continue_token, row.more) << row.name;
    }
  }
}

TEST(ListSplitter, WhatIsNoListIsCorrupt) {
  for (const char* text : {"", "  ", "nonsense", "[]", "null", "{", "{}", R"({"items":[]})", R"({"metadata":[],"items":[]})", R"({"metadata":{},"items":{}})",
                           R"({"metadata":{},"items":[1]})", R"({"metadata":{},"items":[{}{}]})", R"({"metadata":{},"items":[{}})", R"({"metadata":{},"items":[{},]})",
                           R"({"metadata":{},"items":[{"a":1})", R"({"metadata":{}}{})", R"({"metadata" {}})", R"({"metadata":{},})", R"({"metadata":})"}) {
    for (const std::size_t piece : {1U, 1000U}) {
      const auto got = split(text, piece);
      ASSERT_TRUE(got.error) << text;
      EXPECT_EQ(got.error->kind, ErrorKind::Corrupt) << text;
    }
  }
}

TEST(ListSplitter, HoldsNoMoreThanTheLimit) {
  const auto list = R"({"metadata":{},"items":[{"a":")" + std::string(100, 'x') + R"("}]})";
  EXPECT_FALSE(split(list, 10, 200).error);
  const auto got = split(list, 10, 50);
  ASSERT_TRUE(got.error);
  EXPECT_NE(got.error->message.find("longer than 50 bytes"), std::string::npos) << got.error->message;
  // What isn't kept has no limit.
  EXPECT_FALSE(split(R"({"x":")" + std::string(1000, 'x') + R"(","metadata":{},"items":[]})", 10, 50).error);
}

TEST(ListSplitter, AnErrorOfTheTakerEndsIt) {
  ListSplitter splitter;
  int taken = 0;
  const ListSplitter::OnItem on_item = [&](std::string_view) -> Result<void> {
    ++taken;
    return Error{ErrorKind::Cancelled, "stopped"};
  };
  const auto fed = splitter.feed(R"({"items":[{},{}],"metadata":{}})", on_item);
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().kind, ErrorKind::Cancelled);
  EXPECT_EQ(taken, 1);
}

}  // namespace
}  // namespace driftwarden::kubernetes
