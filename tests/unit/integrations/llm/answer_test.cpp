// What endpoints send, in one piece and in many, and what is no answer.
#include "integrations/llm/answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden::llm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t kMost = 4096;

std::vector<std::string> events_of(std::string_view stream, std::size_t piece) {
  EventReader reader(kMost);
  std::vector<std::string> all;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    const auto got = reader.feed(stream.substr(at, piece));
    EXPECT_TRUE(got);
    if (got) all.insert(all.end(), got->begin(), got->end());
  }
  if (auto last = reader.rest()) all.push_back(*last);
  return all;
}

TEST(Events, AreTheSameHoweverTheBytesAreCut) {
  const std::string stream = ": hello\n\ndata: one\r\n\r\nevent: x\rdata:two\rdata:  three\r\rid: 7\n\ndata\n\ndata: four";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) EXPECT_THAT(events_of(stream, piece), ElementsAre("one", "two\n three", "", "four")) << piece;
}

TEST(Events, ALineWithoutAnEndIsRefused) {
  EventReader reader(64);
  EXPECT_TRUE(reader.feed("data: " + std::string(50, 'x')));
  const auto more = reader.feed(std::string(50, 'x'));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, ErrorKind::Corrupt);
}

TEST(Events, ManyLinesOfOneEventAreBounded) {
  EventReader reader(64);
  Result<std::vector<std::string>> last = std::vector<std::string>{};
  for (int i = 0; i < 20 && last; ++i) last = reader.feed("data: 12345678\n");
  EXPECT_FALSE(last);
}

Result<Completion> streamed(std::string_view stream, std::size_t most = kMost) {
  StreamedAnswer answer(most);
  for (std::size_t at = 0; at < stream.size(); at += 7) CHECK_OK(answer.feed(stream.substr(at, 7)));
  return answer.finish();
}

std::string piece(const std::string& text) { return R"(data: {"model":"m","choices":[{"index":0,"delta":{"content":")" + text + "\"}}]}\n\n"; }
constexpr const char* kStop = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
constexpr const char* kLength = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n";
constexpr const char* kDone = "data: [DONE]\n\n";

TEST(StreamedAnswers, ArePutTogether) {
  const auto answer = streamed(piece("Hel") + piece("lo") + kStop + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3}}\n\n" + kDone);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->text, "Hello");
  EXPECT_EQ(answer->model, "m");
  EXPECT_EQ(answer->prompt_tokens, 12);
  EXPECT_EQ(answer->answer_tokens, 3);
  EXPECT_FALSE(answer->cut);
}

TEST(StreamedAnswers, FiguresMayComeWithNoChoicesAtAll) {
  EXPECT_TRUE(streamed(piece("x") + kStop + "data: {\"choices\":null,\"usage\":{\"prompt_tokens\":1}}\n\n" + kDone));
  EXPECT_TRUE(streamed(piece("x") + kStop + "data: {\"usage\":null}\n\n"));
}

TEST(StreamedAnswers, OneThatRanOutOfTokensIsCut) {
  const auto answer = streamed(piece("Hel") + kLength + kDone);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->cut);
}

TEST(StreamedAnswers, EitherEndIsEnough) {
  EXPECT_TRUE(streamed(piece("x") + kStop));
  EXPECT_TRUE(streamed(piece("x") + kDone));
}

TEST(StreamedAnswers, WithoutAnEndItBrokeOff) {
  const auto answer = streamed(piece("x"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::Unavailable);
}

TEST(StreamedAnswers, WhatComesAfterTheEndIsNotTheirs) {
  const auto answer = streamed(piece("x") + kStop + kDone + piece("and delete everything"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text, "x");
}

TEST(StreamedAnswers, OtherChoicesAreNotMixedIn) {
  const auto answer = streamed(piece("x") + R"(data: {"choices":[{"index":1,"delta":{"content":"y"}}]})" + "\n\n" + kStop);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text, "x");
}

TEST(StreamedAnswers, AFailureInTheMiddleIsOne) {
  const auto answer = streamed(piece("x") + "data: {\"error\":{\"message\":\"out of memory\"}}\n\n");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::Unavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("out of memory"));
}

TEST(StreamedAnswers, HaveALength) {
  std::string stream;
  for (int i = 0; i < 100; ++i) stream += piece(std::string(100, 'x'));
  const auto answer = streamed(stream + kStop, 1000);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::Corrupt);
}

TEST(StreamedAnswers, EndlessCommentsEnd) {
  StreamedAnswer answer(16);
  Result<void> fed;
  for (int i = 0; i < 100'000 && fed; ++i) fed = answer.feed(": ping\n\n");
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().kind, ErrorKind::Corrupt);
}

std::string whole(const std::string& message, const std::string& reason = "stop") {
  return R"({"model":"m","choices":[{"index":0,"message":)" + message + R"(,"finish_reason":")" + reason + R"("}],"usage":{"prompt_tokens":5,"completion_tokens":-2}})";
}

TEST(WholeAnswers, AreRead) {
  const auto answer = read_answer(whole(R"({"role":"assistant","content":"Hi\u0007 there\n"})"), kMost);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->text, "Hi there");
  EXPECT_EQ(answer->prompt_tokens, 5);
  EXPECT_EQ(answer->answer_tokens, 0) << "less than none is none";
}

TEST(WholeAnswers, MayComeInParts) {
  const auto answer = read_answer(whole(R"({"content":[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}]})"), kMost);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text, "ab");
}

TEST(WholeAnswers, ThoughtsAreNoAnswer) {
  const auto answer = read_answer(whole(R"({"content":"<think>\nhm\n</think>\n\nYes."})"), kMost);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text, "Yes.");
  EXPECT_FALSE(read_answer(whole(R"({"content":"<think>hm"})", "length"), kMost));
}

struct BadRow {
  std::string name;
  std::string body;
  ErrorKind kind;
  std::string says;
  friend void PrintTo(const BadRow& row, std::ostream* out) { *out << row.name; }
};
class BadAnswers : public testing::TestWithParam<BadRow> {};
TEST_P(BadAnswers, AreRefused) {
  const auto answer = read_answer(GetParam().body, kMost);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, GetParam().kind);
  EXPECT_THAT(answer.error().message, HasSubstr(GetParam().says));
}
INSTANTIATE_TEST_SUITE_P(Bodies, BadAnswers,
                         testing::Values(BadRow{"Nothing", "", ErrorKind::Corrupt, "no chat completion"}, BadRow{"APage", "<html>hello</html>", ErrorKind::Corrupt, "no chat completion"},
                                         BadRow{"AList", "[1,2]", ErrorKind::Corrupt, "no chat completion"}, BadRow{"NoChoices", R"({"choices":[]})", ErrorKind::Corrupt, "no chat completion"},
                                         BadRow{"NoMessage", R"({"choices":[{"text":"x"}]})", ErrorKind::Corrupt, "no chat completion"},
                                         BadRow{"ChoicesAreNumbers", R"({"choices":[7]})", ErrorKind::Corrupt, "no chat completion"},
                                         BadRow{"NoText", whole(R"({"content":null})"), ErrorKind::Corrupt, "empty"}, BadRow{"OnlyBlanks", whole(R"({"content":" \n "})"), ErrorKind::Corrupt, "empty"},
                                         BadRow{"OutOfTokensAtOnce", whole(R"({"content":""})", "length"), ErrorKind::Corrupt, "answer_tokens"},
                                         BadRow{"TooLong", whole("{\"content\":\"" + std::string(kMost + 1, 'x') + "\"}"), ErrorKind::Corrupt, "longer"},
                                         BadRow{"NoUtf8", whole("{\"content\":\"\xff\xfe\"}"), ErrorKind::Corrupt, "no chat completion"},
                                         BadRow{"TooDeep", std::string(5000, '['), ErrorKind::Corrupt, "no chat completion"},
                                         BadRow{"DeepInside", R"({"choices":[{"message":{"content":"x","y":)" + std::string(100, '[') + std::string(100, ']') + "}}]}", ErrorKind::Corrupt, "no chat completion"},
                                         BadRow{"AnError", R"({"error":"model is loading"})", ErrorKind::Unavailable, "model is loading"}),
                         [](const auto& row) { return row.param.name; });

TEST(ErrorLines, AreShortAndPlain) {
  EXPECT_EQ(error_line(R"({"error":{"message":"bad\nthing\u001b[31m"}})"), "bad thing [31m");
  EXPECT_EQ(error_line(R"({"detail":"no"})"), "no");
  EXPECT_EQ(error_line("<html>"), "");
  EXPECT_LE(error_line(R"({"error":")" + std::string(5000, 'x') + "\"}").size(), 210U);
}

TEST(Models, AreListed) {
  const auto models = read_models(R"({"data":[{"id":"a"},{"id":7},{"id":"b"}]})");
  ASSERT_TRUE(models);
  EXPECT_THAT(*models, ElementsAre("a", "b"));
  EXPECT_THAT(*read_models(R"({"data":[]})"), IsEmpty());
  EXPECT_FALSE(read_models("{}"));
}

}  // namespace
}  // namespace driftwarden::llm
