// What `model` takes.
#include "tests/unit/bot/config/fixture.hpp"

namespace driftwarden {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

FakeEnvironment with_key() {
  FakeEnvironment environment;
  environment.variables = {{"MODEL_KEY", "sk-canary-4711"}};
  return environment;
}

TEST(ModelSection, IsOffByItself) { EXPECT_FALSE(good("policy: {rules: []}\n").model); }

TEST(ModelSection, TheLeastOfIt) {
  const auto config = good("model: {api_url: 'http://127.0.0.1:11434/v1/', model: qwen2.5-coder}\n");
  ASSERT_TRUE(config.model);
  EXPECT_EQ(config.model->api_url, "http://127.0.0.1:11434/v1");
  EXPECT_EQ(config.model->name, "qwen2.5-coder");
  EXPECT_TRUE(config.model->key.empty());
  EXPECT_TRUE(config.model->stream && config.model->propose && config.model->ask && config.model->sentences);
}

TEST(ModelSection, AllOfIt) {
  const auto config = good(
      "model:\n  api_url: https://models.acme.example/v1\n  model: big\n  key: {env: MODEL_KEY}\n  timeout: 2m\n  stream: false\n  answer_tokens: 1000\n  prompt_kib: 96\n  per_person: 5\n"
      "  per_hour: 50\n  for: [ask]\n",
      with_key());
  ASSERT_TRUE(config.model);
  EXPECT_EQ(config.model->key.reveal(), "sk-canary-4711");
  EXPECT_EQ(config.model->timeout, 2min);
  EXPECT_FALSE(config.model->stream);
  EXPECT_EQ(config.model->answer_tokens, 1000);
  EXPECT_EQ(config.model->prompt_kib, 96);
  EXPECT_EQ(config.model->per_person, 5);
  EXPECT_EQ(config.model->per_hour, 50);
  EXPECT_TRUE(config.model->ask);
  EXPECT_FALSE(config.model->propose || config.model->sentences);
}

TEST(ModelSection, AnotherKeyIsAnotherDigest) {
  const std::string text = "model: {api_url: 'https://m.example/v1', model: m, key: {env: MODEL_KEY}}\n";
  auto other = with_key();
  other.variables["MODEL_KEY"] = "sk-another";
  EXPECT_NE(good(text, with_key()).digests.at("model"), good(text, other).digests.at("model"));
}

struct MistakeRow {
  std::string name;
  std::string text;
  std::vector<std::string> said;
  friend void PrintTo(const MistakeRow& row, std::ostream* out) { *out << row.name; }
};
class ModelMistakes : public testing::TestWithParam<MistakeRow> {};
TEST_P(ModelMistakes, NameTheirPlace) { EXPECT_EQ(texts(load_text(GetParam().text, with_key()).mistakes), GetParam().said); }

const std::string kGood = "api_url: 'https://m.example/v1', model: m";
INSTANTIATE_TEST_SUITE_P(
    AllOf, ModelMistakes,
    testing::Values(
        MistakeRow{"Nothing", "model: {}\n", {"c.yaml:1:8: model has no \"api_url\", expected where it answers, such as http://127.0.0.1:11434/v1", "c.yaml:1:8: model has no \"model\", expected a text"}},
        MistakeRow{"PlainHttpElsewhere", "model: {api_url: 'http://203.0.113.7/v1', model: m}\n",
                   {"c.yaml:1:18: \"http://203.0.113.7/v1\" is plain http to another machine, expected https://..., or http:// on this machine"}},
        MistakeRow{"AKeyInTheText", "model: {" + kGood + ", key: sk-canary-4711}\n", {"c.yaml:1:57: a secret is never written here, expected {env: NAME}, {file: PATH} or {credential: NAME}"}},
        MistakeRow{"NoPurpose", "model: {" + kGood + ", for: []}\n", {"c.yaml:1:57: \"for\" is empty, expected some of propose, ask, sentences"}},
        MistakeRow{"AnotherPurpose", "model: {" + kGood + ", for: [asking]}\n", {"c.yaml:1:58: \"asking\" is nothing that a model is for, expected one of propose, ask, sentences"}},
        MistakeRow{"TooLong", "model: {" + kGood + ", timeout: 1h}\n", {"c.yaml:1:61: \"timeout\" is 1h, expected 1s to 10m"}},
        MistakeRow{"TooMany", "model: {" + kGood + ", per_hour: 1000000}\n", {"c.yaml:1:62: \"per_hour\" is 1000000, expected at most 100000"}},
        MistakeRow{"None", "model: {" + kGood + ", per_person: 0}\n", {"c.yaml:1:64: \"per_person\" is \"0\", expected a whole number from 1"}},
        MistakeRow{"UnknownKey", "model: {" + kGood + ", modle: x}\n", {"c.yaml:1:52: unknown key \"modle\", expected \"model\""}}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace driftwarden
