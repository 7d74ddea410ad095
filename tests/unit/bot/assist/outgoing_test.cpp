// What leaves for a model, whoever put it into the prompt.
#include "bot/assist/outgoing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace driftwarden {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kCanary = "q7Zc4n4ryXw91";

struct LeakRow {
  std::string name;
  std::string text;
  friend void PrintTo(const LeakRow& row, std::ostream* out) { *out << row.name; }
};
class Leaks : public testing::TestWithParam<LeakRow> {};
TEST_P(Leaks, DoNotLeave) {
  auto text = GetParam().text;
  for (auto at = text.find("CANARY"); at != std::string::npos; at = text.find("CANARY")) text.replace(at, 6, kCanary);
  EXPECT_THAT(redacted_for_model(text, {}), AllOf(Not(HasSubstr(kCanary)), HasSubstr("***"))) << text;
}
INSTANTIATE_TEST_SUITE_P(
    Texts, Leaks,
    testing::Values(LeakRow{"AFileOfValues", "db:\n  user: app\n  password: CANARY\n"}, LeakRow{"AnEnvironmentVariable", "env:\n  - name: DB_PASSWORD\n    value: CANARY\n"},
                    LeakRow{"ABlock", "  private_token: |\n    CANARY\n    CANARY\nnext: x\n"}, LeakRow{"AnAddress", "url: postgres://app:CANARY@db/shop"},
                    LeakRow{"AnArgument", "args: [\"--api-token=CANARY\"]"}, LeakRow{"ASentenceWithASetIn", "The request: set .data.password=CANARY please"},
                    LeakRow{"AHeader", "Authorization: Bearer CANARYCANARYCANARY"}, LeakRow{"AKnownForm", "use ghp_CANARYCANARYCANARYabcdefghijklmn0123 for it"},
                    LeakRow{"AKey", "-----BEGIN RSA PRIVATE KEY-----\nCANARY\n-----END RSA PRIVATE KEY-----\n"}, LeakRow{"Json", R"({"client_secret": "CANARY"})"}),
    [](const auto& row) { return row.param.name; });

TEST(Outgoing, WhatIsNoSecretStays) {
  const std::string text =
      "spec:\n  replicas: 2\n  containers:\n    - name: app\n      image: shop/checkout:1.4.2\n      envFrom:\n        - secretRef:\n            name: checkout-db\n      resources:\n"
      "        limits:\n          memory: 256Mi\n";
  EXPECT_EQ(redacted_for_model(text, {}), text);
}

TEST(Outgoing, OurOwnSecretsAreHiddenWhereverTheyStand) {
  Config config;
  config.slack.bot_token = Secret<std::string>("xoxb-ours-and-long");
  config.http.webhook_secret = Secret<std::string>("hush");
  config.model.emplace();
  config.model->key = Secret<std::string>("local-model-key\n");
  RepositoryConfig repository;
  repository.forge.token = Secret<std::string>("forge-token-1");
  config.repositories.push_back(repository);
  const auto own = own_secrets(config);
  EXPECT_EQ(own.size(), 3U) << "\"hush\" is too short to be looked for";
  EXPECT_EQ(redacted_for_model("note: forge-token-1, local-model-key and forge-token-1", own), "note: ***, *** and ***");
}

llm::Prompt prompt_of(std::size_t rules, std::size_t data) {
  llm::Prompt prompt;
  prompt.messages.emplace_back(llm::Role::System, std::string(rules, 'r'));
  prompt.messages.emplace_back(llm::Role::User, "The request: x\n" + std::string(data, 'd') + "\nend");
  return prompt;
}

TEST(Outgoing, LongPromptsLoseTheirMiddle) {
  auto prompt = prompt_of(1000, 100'000);
  cut_to(prompt, 8192);
  EXPECT_EQ(prompt.messages[0].text.size(), 1000U) << "the rules stay whole";
  EXPECT_LE(prompt.messages[0].text.size() + prompt.messages[1].text.size(), 8192U);
  EXPECT_THAT(prompt.messages[1].text, AllOf(testing::StartsWith("The request: x\n"), testing::EndsWith("end"), HasSubstr("bytes were left out here")));
}

TEST(Outgoing, ShortOnesStay) {
  auto prompt = prompt_of(1000, 1000);
  const auto before = prompt.messages[1].text;
  cut_to(prompt, 8192);
  EXPECT_EQ(prompt.messages[1].text, before);
}

TEST(Outgoing, NoCharacterIsCutInTwo) {
  for (std::size_t shift = 0; shift < 4; ++shift) {
    llm::Prompt prompt;
    std::string text(shift, 'x');
    for (int i = 0; i < 3000; ++i) text += "\u20ac";
    prompt.messages.emplace_back(llm::Role::User, text);
    cut_to(prompt, 4096);
    const auto& cut = prompt.messages[0].text;
    for (std::size_t at = 0; at < cut.size(); ++at) {
      const bool begins = static_cast<unsigned char>(cut[at]) == 0xe2;
      EXPECT_EQ(begins ? cut.substr(at, 3) : "\u20ac", "\u20ac");
    }
    EXPECT_LE(cut.size(), 4096U);
  }
}

TEST(Outgoing, RulesThatAreTooLongAreNoEndlessLoop) {
  auto prompt = prompt_of(9000, 600);
  cut_to(prompt, 4096);
  EXPECT_LE(prompt.messages[1].text.size(), 620U);
}

}  // namespace
}  // namespace driftwarden
