#include "integrations/kubernetes/watch_event.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden::kubernetes {
namespace {

std::vector<std::string> lines_of(LineBuffer& buffer) {
  std::vector<std::string> out;
  while (const auto line = buffer.next_line()) out.emplace_back(*line);
  return out;
}

TEST(LineBuffer, PutsPiecesTogetherWhereverTheyAreCut) {
  const std::string text = "{\"a\":1}\n\r\n{\"b\":2}\r\n\n{\"c\":3}\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    LineBuffer buffer;
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      ASSERT_TRUE(buffer.append(std::string_view(text).substr(at, piece)));
      for (auto& line : lines_of(buffer)) all.push_back(std::move(line));
    }
    EXPECT_EQ(all, (std::vector<std::string>{"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"})) << piece;
  }
}

TEST(LineBuffer, AnUnfinishedLineWaits) {
  LineBuffer buffer;
  ASSERT_TRUE(buffer.append("abc"));
  EXPECT_FALSE(buffer.next_line());
  ASSERT_TRUE(buffer.append("def\ngh"));
  EXPECT_EQ(lines_of(buffer), (std::vector<std::string>{"abcdef"}));
  ASSERT_TRUE(buffer.append("\n"));
  EXPECT_EQ(lines_of(buffer), (std::vector<std::string>{"gh"}));
}

TEST(LineBuffer, IsBounded) {
  LineBuffer buffer(10);
  ASSERT_TRUE(buffer.append("12345678"));
  const auto more = buffer.append("9012");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, ErrorKind::Corrupt);
}

TEST(WatchEvent, EachType) {
  const auto event = [](const std::string& type) {
    return decode_watch_event(R"({"type":")" + type + R"(","object":{"kind":"ConfigMap","metadata":{"name":"a","resourceVersion":"7"}}})");
  };
  EXPECT_EQ(event("ADDED")->type, WatchEventType::Added);
  EXPECT_EQ(event("MODIFIED")->type, WatchEventType::Modified);
  EXPECT_EQ(event("DELETED")->type, WatchEventType::Deleted);
  EXPECT_EQ(event("BOOKMARK")->type, WatchEventType::Bookmark);
  EXPECT_EQ(event("ADDED")->resource_version, "7");
  EXPECT_EQ((*event("ADDED")->object)["metadata"]["name"], "a");
}

TEST(WatchEvent, AnErrorHoldsItsCode) {
  const auto gone = decode_watch_event(R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}})");
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->type, WatchEventType::Error);
  EXPECT_EQ(gone->code, 410U);
  EXPECT_EQ(gone->message, "too old");
}

TEST(WatchEvent, NonsenseIsCorrupt) {
  for (const char* line : {"", "nonsense", "[]", "{}", R"({"type":"ADDED"})", R"({"type":"ADDED","object":[]})", R"({"type":1,"object":{}})",
                           R"({"type":"MOVED","object":{"metadata":{"resourceVersion":"1"}}})", R"({"type":"ADDED","object":{}})",
                           R"({"type":"ADDED","object":{"metadata":{"resourceVersion":7}}})", R"({"type":"ADDED","object":{"metadata":[]}})",
                           R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"1"})"}) {
    const auto event = decode_watch_event(line);
    ASSERT_FALSE(event) << line;
    EXPECT_EQ(event.error().kind, ErrorKind::Corrupt);
  }
}

}  // namespace
}  // namespace driftwarden::kubernetes
