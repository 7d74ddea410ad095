#include "integrations/cost/parse.hpp"

#include "integrations/cost/infracost.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <limits>

namespace driftwarden::infracost {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// As version 0.2 of the format has it: an instance grows, a disk is new, a database goes, and a function's cost is by its use.
json sample() {
  return json::parse(R"({"version":"0.2","currency":"EUR","projects":[{"name":"live/net","metadata":{"type":"terraform_plan_json"},
    "pastBreakdown":{"totalHourlyCost":"0.1","totalMonthlyCost":"70.08","resources":[
      {"name":"aws_instance.web","resourceType":"aws_instance","metadata":{},"hourlyCost":"0.046","monthlyCost":"33.58","costComponents":[
        {"name":"Instance usage","unit":"hours","hourlyQuantity":"1","monthlyQuantity":"730","price":"0.046","hourlyCost":"0.046","monthlyCost":"33.58"}]},
      {"name":"aws_db_instance.old","metadata":{},"monthlyCost":"36.5"}]},
    "breakdown":{"totalHourlyCost":"0.5","totalMonthlyCost":"282.4812345","resources":[
      {"name":"aws_instance.web","metadata":{},"monthlyCost":"268.64","costComponents":[{"name":"Instance usage","price":"0.368","monthlyCost":"268.64"}]},
      {"name":"aws_ebs_volume.data","metadata":{},"monthlyCost":"13.8412345","subresources":[
        {"name":"snapshots","metadata":{},"monthlyCost":null,"costComponents":[{"name":"Snapshot storage","price":"0.05","monthlyCost":null}]}]},
      {"name":"aws_lambda_function.hook","metadata":{},"monthlyCost":null,"costComponents":[
        {"name":"Requests","price":"0.2","monthlyCost":null},{"name":"Duration","price":"0.0000166667","monthlyCost":null}]}]},
    "diff":{}}],
    "totalMonthlyCost":"282.4812345","pastTotalMonthlyCost":"70.08",
    "summary":{"totalDetectedResources":9,"unsupportedResourceCounts":{"aws_new_thing":2},"noPriceResourceCounts":{"aws_vpc":3}}})");
}

TEST(Infracost, ReadsWhatItWasAndWhatItBecomes) {
  const auto read = parse(sample().dump());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->currency, "EUR");
  EXPECT_EQ(read->source, "Infracost");
  EXPECT_EQ(read->before.micros, 70'080'000);
  EXPECT_EQ(read->after.micros, 282'481'235) << "rounded to a millionth";
  EXPECT_EQ(read->rise_micros(), 212'401'235);
  EXPECT_THAT(read->lines, ElementsAre(CostLine{"aws_instance.web", 33'580'000, 268'640'000}, CostLine{"aws_db_instance.old", 36'500'000, 0},
                                       CostLine{"aws_ebs_volume.data", 0, 13'841'235}));
  EXPECT_THAT(read->after.uncounted, ElementsAre("aws_ebs_volume.data: by its use (Snapshot storage)", "aws_lambda_function.hook: by its use (Requests, Duration)",
                                                 "2 of aws_new_thing: Infracost has no prices for it"));
}

TEST(Infracost, WithoutAPastAllOfItIsNew) {
  auto given = sample();
  given["projects"][0]["pastBreakdown"] = nullptr;
  const auto read = parse(given.dump());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->before.micros, 0);
  EXPECT_EQ(read->rise_micros(), read->after.micros);
}

TEST(Infracost, SeveralProjectsAreOneSum) {
  auto given = sample();
  given["projects"].push_back(given["projects"][0]);
  given["projects"][1]["breakdown"]["totalMonthlyCost"] = nullptr;
  given["projects"][1]["breakdown"]["resources"] = json::array();
  const auto read = parse(given.dump());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->before.micros, 140'160'000);
  EXPECT_EQ(read->after.micros, 282'481'235) << "null is nothing";
}

TEST(Infracost, WhatItComplainsOfIsTold) {
  auto given = sample();
  given["projects"][0]["metadata"]["errors"] = json::array({{{"code", 100}, {"message", "module \u001b[1mnet\nisn't there"}}});
  const auto read = parse(given.dump());
  ASSERT_TRUE(read);
  EXPECT_THAT(read->after.uncounted.front(), HasSubstr("Infracost says: module"));
  EXPECT_EQ(read->after.uncounted.front().find('\n'), std::string::npos);
  auto unread = given;
  unread["projects"][0]["breakdown"] = {{"resources", json::array()}, {"totalMonthlyCost", "0"}};
  ASSERT_FALSE(parse(unread.dump())) << "what it could not read is not free of charge";
  EXPECT_THAT(parse(unread.dump()).error().message, HasSubstr("module"));
  given["projects"][0].erase("breakdown");
  const auto failed = parse(given.dump());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::InvalidInput);
}

json files(std::vector<std::pair<std::string, std::string>> resources, const std::string& total) {
  auto listed = json::array();
  for (const auto& [name, cost] : resources) listed.push_back({{"name", name}, {"monthlyCost", cost}});
  const json breakdown{{"resources", listed}, {"totalMonthlyCost", total}};
  return {{"currency", "EUR"}, {"projects", {{{"name", "live/net"}, {"pastBreakdown", breakdown}, {"breakdown", breakdown}}}}};
}

TEST(Infracost, FilesHaveNoPast) {
  const auto read = parse_files(files({{"aws_instance.web", "70.08"}, {"aws_vpc.main", "0"}}, "70.08").dump());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->before.micros, 0);
  EXPECT_EQ(read->after.micros, 70'080'000);
  ASSERT_EQ(read->lines.size(), 1U);
  EXPECT_EQ(read->lines[0].after_micros, 70'080'000);
}

TEST(Infracost, TheDifferenceOfFilesNamesWhatDiffers) {
  std::vector<std::pair<std::string, std::string>> many;
  for (int i = 0; i < 100; ++i) many.emplace_back("same." + std::to_string(i), "500");
  auto before = many;
  before.emplace_back("aws_instance.web", "70.08");
  before.emplace_back("aws_instance.old", "1");
  auto after = many;
  after.emplace_back("aws_instance.web", "282.48");
  after.emplace_back("aws_instance.new", "2");
  const auto change = difference(*parse_files(files(before, "50071.08").dump()), *parse_files(files(after, "50284.48").dump()));
  ASSERT_TRUE(change);
  EXPECT_EQ(change->rise_micros(), 213'400'000);
  ASSERT_EQ(change->lines.size(), 3U) << "whatever costs the same is no line, however dear";
  EXPECT_EQ(change->lines[0], (CostLine{"aws_instance.web", 70'080'000, 282'480'000}));
  EXPECT_EQ(change->lines[1], (CostLine{"aws_instance.new", 0, 2'000'000}));
  EXPECT_EQ(change->source, "Infracost");
  auto dollars = *parse_files(files({}, "0").dump());
  dollars.currency = "USD";
  EXPECT_FALSE(difference(dollars, *parse_files(files(after, "50284.48").dump())));
}

TEST(Infracost, WhatIsNotItsAnswerIsRefused) {
  const auto kind_of = [](json text) {
    const auto read = parse(text.is_string() ? text.get<std::string>() : text.dump());
    return read ? "read" : read.error().kind == ErrorKind::Corrupt ? "corrupt" : "other";
  };
  for (const auto* text : {"", "Error: no API key", "[]", "{}", R"({"projects":[]})", R"({"projects":{}})", R"({"projects":[null],"currency":"EUR"})"}) EXPECT_STREQ(kind_of(text), "corrupt") << text;
  auto given = sample();
  given.erase("currency");
  EXPECT_STREQ(kind_of(given), "corrupt");
  given = sample();
  given["projects"][0]["breakdown"]["totalMonthlyCost"] = "much";
  EXPECT_STREQ(kind_of(given), "corrupt");
  given["projects"][0]["breakdown"]["totalMonthlyCost"] = "99999999999999999999";
  EXPECT_STREQ(kind_of(given), "corrupt");
  given["projects"][0]["breakdown"]["totalMonthlyCost"] = true;
  EXPECT_STREQ(kind_of(given), "corrupt");
}

TEST(Infracost, IsBounded) {
  auto given = sample();
  auto& resources = given["projects"][0]["breakdown"]["resources"];
  for (int i = 0; i < 500; ++i) {
    resources.push_back({{"name", "aws_lambda_function.f" + std::to_string(i) + std::string(5'000, 'x')}, {"monthlyCost", std::to_string(i)}, {"costComponents", {{{"name", "Requests"}, {"monthlyCost", nullptr}}}}});
  }
  const auto read = parse(given.dump());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->lines.size(), 40U);
  EXPECT_EQ(read->lines.front().after_micros, 499'000'000) << "the dearest first";
  EXPECT_LE(read->after.uncounted.size(), 21U);
  EXPECT_LE(read->lines.front().what.size(), 210U);
}

TEST(Infracost, DeepNestingIsNoCrash) {
  std::string deep = R"({"monthlyCost":null})";
  for (int i = 0; i < 2'000; ++i) deep = R"({"name":"a","subresources":[)" + deep + "]}";
  EXPECT_TRUE(parse(R"({"currency":"EUR","projects":[{"breakdown":{"resources":[)" + deep + "]}}]}"));
  EXPECT_FALSE(parse(std::string(100'000, '[')));
}

TEST(Infracost, SumsNameTheirParts) {
  const auto part = parse(sample().dump());
  ASSERT_TRUE(part);
  CostChange sum;
  sum.currency = "EUR";
  ASSERT_TRUE(add_to(sum, *part, "live_net"));
  ASSERT_TRUE(add_to(sum, *part, "live_db"));
  EXPECT_EQ(sum.after.micros, 2 * part->after.micros);
  EXPECT_EQ(sum.lines.front().what, "live_net: aws_instance.web");
  auto dollars = *part;
  dollars.currency = "USD";
  EXPECT_FALSE(add_to(sum, dollars, "us"));
  sum.after.micros = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(add_to(sum, *part, "more"));
}

struct Money {
  std::string text;
  std::optional<std::int64_t> micros;
};

TEST(Micros, AreExact) {
  const std::vector<Money> rows{{"0", 0},
                                {"12", 12'000'000},
                                {"12.5", 12'500'000},
                                {"0.0000005", 1},
                                {"0.00000049", 0},
                                {"-3.2", -3'200'000},
                                {"+1", 1'000'000},
                                {"1e2", 100'000'000},
                                {"1.5E-3", 1'500},
                                {"1e-30", 0},
                                {".5", 500'000},
                                {"5.", 5'000'000},
                                {"9223372036854.775807", std::numeric_limits<std::int64_t>::max()},
                                {"9223372036854.775808", std::nullopt},
                                {"1e999", std::nullopt},
                                {"0e999", 0},
                                {"", std::nullopt},
                                {".", std::nullopt},
                                {"-", std::nullopt},
                                {"1.2.3", std::nullopt},
                                {"1e", std::nullopt},
                                {"1e+", std::nullopt},
                                {"0x10", std::nullopt},
                                {"1,000", std::nullopt},
                                {"NaN", std::nullopt}};
  for (const auto& row : rows) EXPECT_EQ(micros_of(row.text), row.micros) << row.text;
}

}  // namespace
}  // namespace driftwarden::infracost
