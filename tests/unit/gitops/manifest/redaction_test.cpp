// Secrets that stand where nobody calls them Secret.
#include "gitops/manifest/hide_secrets.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/manifest/secret_fields.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kCanary = "c4n4ry-0f-s3cr3ts";

struct PlaceRow {
  std::string name;
  std::string object;  ///< CANARY stands for the secret
  friend void PrintTo(const PlaceRow& row, std::ostream* out) { *out << row.name; }
};

json with_canary(std::string text, const std::string& canary) {
  for (auto at = text.find("CANARY"); at != std::string::npos; at = text.find("CANARY", at)) text.replace(at, 6, canary);
  return json::parse(text);
}

class Places : public testing::TestWithParam<PlaceRow> {};
TEST_P(Places, AreHidden) {
  const Redactor redactor("key");
  const auto redacted = redactor.redact(with_canary(GetParam().object, kCanary));
  EXPECT_THAT(redacted.dump(), Not(HasSubstr(kCanary)));
  EXPECT_THAT(redacted.dump(), HasSubstr("hmac:"));
  EXPECT_EQ(redactor.redact(redacted), redacted) << "once is enough";
  EXPECT_NE(redactor.redact(with_canary(GetParam().object, "an0ther-0ne-of-th3m")), redacted) << "that it changed is still seen";
}
INSTANTIATE_TEST_SUITE_P(
    Redaction, Places,
    testing::Values(
        PlaceRow{"PasswordOfACustomResource", R"({"kind":"Database","spec":{"auth":{"password":"CANARY"}}})"}, PlaceRow{"ApiToken", R"({"kind":"Dns","spec":{"apiToken":"CANARY"}})"},
        PlaceRow{"ClientSecret", R"({"kind":"Dex","spec":{"client_secret":"CANARY"}})"}, PlaceRow{"InAList", R"({"kind":"X","spec":{"users":[{"name":"a","password":"CANARY"}]}})"},
        PlaceRow{"ChartValues", R"({"kind":"HelmRelease","spec":{"values":{"redis":{"auth":{"secretKey":"CANARY"}}}}})"},
        PlaceRow{"ArgumentBehindItsFlag", R"({"kind":"Pod","spec":{"containers":[{"args":["run","--api-token","CANARY"]}]}})"},
        PlaceRow{"ArgumentInItsFlag", R"({"kind":"Pod","spec":{"containers":[{"args":["--db.password=CANARY","--v=2"]}]}})"},
        PlaceRow{"Command", R"({"kind":"Pod","spec":{"containers":[{"command":["app","-secret","CANARY"]}]}})"},
        PlaceRow{"VariablePASS", R"({"kind":"Pod","spec":{"containers":[{"env":[{"name":"DB_PASS","value":"CANARY"}]}]}})"},
        PlaceRow{"VariablePwd", R"({"kind":"Pod","spec":{"containers":[{"env":[{"name":"REDIS_PWD","value":"CANARY"}]}]}})"},
        PlaceRow{"AddressWithAPassword", R"({"kind":"Pod","spec":{"containers":[{"env":[{"name":"DATABASE_URL","value":"postgres://app:CANARY@db/shop"}]}]}})"},
        PlaceRow{"LastAppliedOfACustomResource",
                 R"({"kind":"Database","metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"kind\":\"Database\",\"spec\":{\"password\":\"CANARY\"}}"}}})"},
        PlaceRow{"LastAppliedOfASecret",
                 R"({"kind":"Secret","metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"kind\":\"Secret\",\"stringData\":{\"x\":\"CANARY\"}}"}}})"},
        PlaceRow{"WhatKappKeeps", R"({"kind":"Secret","metadata":{"annotations":{"kapp.k14s.io/original":"{\"stringData\":{\"x\":\"CANARY\"}}"}}})"},
        PlaceRow{"WhatRancherKeeps", R"({"kind":"Secret","metadata":{"annotations":{"objectset.rio.cattle.io/applied":"H4sICANARY"}}})"},
        PlaceRow{"InAnotherAnnotationsJson", R"({"kind":"Deployment","metadata":{"annotations":{"acme.example/config":"{\"password\":\"CANARY\"}"}}})"}),
    [](const auto& row) { return row.param.name; });

TEST(Redaction, WhatOnlyNamesASecretIsShown) {
  const auto object = json::parse(R"json({"kind":"Deployment","spec":{"template":{"spec":{"automountServiceAccountToken":false,"imagePullSecrets":[{"name":"regcred"}],
    "tolerations":[{"key":"dedicated","value":"gpu"}],"volumes":[{"name":"v","secret":{"secretName":"tls"}}],
    "containers":[{"name":"a","args":["--tls-private-key-file=/tls/key.pem","--token-ttl","5m","--v=2"],"command":["sh","-c","echo $(TOKEN)"],
      "env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}},{"name":"URL","value":"https://shop.example/a?b=c"}]}]}}},
    "metadata":{"annotations":{"acme.example/note":"{broken","acme.example/list":"[1,2]"}}})json");
  EXPECT_EQ(Redactor("key").redact(object), object);
}

TEST(Redaction, ReferencesOfAChartAreShown) {
  const auto object = json::parse(R"json({"kind":"X","spec":{"password":"${DB_PASSWORD}","apiToken":"$(TOKEN)","token":"","passwordSecretRef":{"name":"a","key":"password"}}})json");
  EXPECT_EQ(Redactor("key").redact(object), object);
}

struct NameRow {
  std::string name;
  bool secret;
};
TEST(SecretFields, AreKnownByTheirNames) {
  for (const auto& row : std::vector<NameRow>{{"password", true},   {"adminPassword", true}, {"DB_PASS", true},          {"apiToken", true},   {"api-token", true},     {"client_secret", true}, {"awsSecretAccessKey", true},
                                              {"smtpPass", true},   {"bypass", false},       {"secretName", false},      {"tokenTTL", false},  {"passwordSecretRef", false}, {"key", false},        {"topologyKey", false},
                                              {"tokens", false},    {"compass", false},      {"tokenExpirationSeconds", false}, {"keyFile", false}, {"secret", false}}) {
    EXPECT_EQ(is_secret_field(row.name), row.secret) << row.name;
  }
}

/// What is quadratic takes minutes here.
TEST(HideSecrets, ALongLineIsGoneThroughOnce) {
  constexpr std::size_t kBytes = 1U << 18U;
  for (const std::string piece : {"a/", "AKIA/", "eyJ/", "eyJ.", "://", "://a:", "token=${", "key ", "token=\\", "password=\"", "-", "a.b=", "key]", "xoxb-"}) {
    std::string text;
    while (text.size() < kBytes) text += piece;
    EXPECT_FALSE(hide_secrets(text).empty()) << piece;
    (void)looks_secret(text);
    EXPECT_FALSE(replace_credentials(text, [](std::string_view) { return std::string("x"); }).empty());
  }
}

TEST(HideSecrets, CredentialsAreReplacedWhereTheyStand) {
  const auto starred = [](std::string_view text) { return replace_credentials(text, [](std::string_view) { return std::string("*"); }); };
  EXPECT_EQ(starred("postgres://app:hunter2@db/shop?x=1"), "postgres://app:*@db/shop?x=1");
  EXPECT_EQ(starred("a ghp_0123456789abcdefghijABCDEFGHIJ b"), "a * b");
  EXPECT_EQ(starred("x\n-----BEGIN PRIVATE KEY-----\nabc\n"), "*");
  EXPECT_EQ(starred("nothing to hide"), "nothing to hide");
}

}  // namespace
}  // namespace driftwarden
