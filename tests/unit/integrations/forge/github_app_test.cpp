#include "integrations/forge/github_app.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "tests/unit/integrations/forge/forge_test.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::forge {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

struct KeyPair {
  std::shared_ptr<EVP_PKEY> key;
  Secret<std::string> pem;
};

std::string pem_of(EVP_PKEY* key, const EVP_CIPHER* cipher) {
  const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
  unsigned char password[] = "password";
  PEM_write_bio_PrivateKey(out.get(), key, cipher, cipher == nullptr ? nullptr : password, cipher == nullptr ? 0 : 8, nullptr, nullptr);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

const KeyPair& rsa() {
  static const KeyPair kPair = [] {
    KeyPair made;
    made.key = std::shared_ptr<EVP_PKEY>(EVP_RSA_gen(2048), EVP_PKEY_free);
    made.pem = Secret<std::string>(pem_of(made.key.get(), nullptr));
    return made;
  }();
  return kPair;
}

std::string from_base64_url(std::string text) {
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  while (text.size() % 4 != 0) text += '=';
  return base64_decode(text).value();
}

bool verifies(EVP_PKEY* key, const std::string& text, const std::string& signature) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key);
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
}

TEST(AppJwt, IsSignedWithTheAppsKeyAndShortLived) {
  const WallTime now{std::chrono::milliseconds(1'800'000'000'900)};
  const auto jwt = make_app_jwt(4711, rsa().pem, now);
  ASSERT_TRUE(jwt) << jwt.error().message;
  const auto parts = split(*jwt, '.');
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(jwt->find_first_of("+/="), std::string::npos);
  EXPECT_TRUE(verifies(rsa().key.get(), parts[0] + "." + parts[1], from_base64_url(parts[2])));
  EXPECT_FALSE(verifies(rsa().key.get(), parts[0] + "." + parts[1] + "x", from_base64_url(parts[2])));
  EXPECT_EQ(json::parse(from_base64_url(parts[0])), json::parse(R"({"alg":"RS256","typ":"JWT"})"));
  const auto claims = json::parse(from_base64_url(parts[1]));
  EXPECT_EQ(claims.at("iss"), "4711");
  EXPECT_EQ(claims.at("iat"), 1'799'999'940);
  EXPECT_EQ(claims.at("exp"), 1'800'000'540);
}

TEST(AppJwt, AnUnusableKeyIsSaidWithoutShowingIt) {
  const std::shared_ptr<EVP_PKEY> curve(EVP_EC_gen("P-256"), EVP_PKEY_free);
  for (const auto& pem :
       {std::string(), std::string("secret"), rsa().pem.reveal().substr(0, 200), pem_of(curve.get(), nullptr), pem_of(rsa().key.get(), EVP_aes_128_cbc())}) {
    const auto jwt = make_app_jwt(1, Secret<std::string>(pem), WallTime{});
    ASSERT_FALSE(jwt);
    EXPECT_EQ(jwt.error().kind, ErrorKind::InvalidInput);
    EXPECT_EQ(jwt.error().message.find("secret"), std::string::npos);
  }
}

class App : public test::ForgeTest {
 protected:
  App() {
    ForgeOptions options;
    options.api_url = "https://api.example";
    options.project = "acme/config";
    options.app.emplace();
    options.app->app_id = 4711;
    options.app->installation_id = 9;
    options.app->private_key = rsa().pem;
    forge = create_github(http, clock, std::move(options));
  }
  void add_token(const std::string& token) {
    const json body{{"token", token}, {"expires_at", format_time(clock.wall_now() + 1h)}, {"permissions", json::object()}};
    http.add(201, body.dump());
  }
  std::string last_authorization() { return http.requests.back().headers.find("Authorization").value_or(""); }

  std::unique_ptr<Forge> forge;
};

TEST_F(App, TheTokenIsKeptForFiftyMinutes) {
  add_token("ghs_1");
  ASSERT_TRUE(in(0ms, forge->git_token()));
  EXPECT_EQ(http.requests[0].url, "https://api.example/app/installations/9/access_tokens");
  EXPECT_EQ(http.requests[0].body, R"({"repositories":["config"]})");
  EXPECT_TRUE(last_authorization().starts_with("Bearer ey"));
  EXPECT_EQ(in(50min - 1s, forge->git_token())->reveal(), "ghs_1");
  EXPECT_EQ(http.requests.size(), 1U);
  clock.advance(1s);
  add_token("ghs_2");
  EXPECT_EQ(in(0ms, forge->git_token())->reveal(), "ghs_2");
}

TEST_F(App, ARefusedTokenIsRenewedOnceForAWriteToo) {
  add_token("ghs_1");
  http.add(401, R"({"message":"Bad credentials"})");
  add_token("ghs_2");
  http.add(201, "{}");
  ASSERT_TRUE(in(0ms, forge->comment(3, "hello")));
  EXPECT_EQ(last_authorization(), "Bearer ghs_2");
  http.add(401, R"({"message":"Bad credentials for ghs_2"})");
  add_token("ghs_3");
  http.add(401, R"({"message":"Bad credentials for ghs_3 after ghs_2"})");
  const auto refused = in(0ms, forge->comment(3, "hello"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Denied);
  EXPECT_NE(refused.error().message.find("for *** after ***"), std::string::npos) << refused.error().message;
}

TEST_F(App, AnInstallationThatIsGoneIsSaid) {
  http.add(404, R"({"message":"Not Found"})");
  const auto token = in(0ms, forge->git_token());
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().kind, ErrorKind::NotFound);
  EXPECT_NE(token.error().message.find("/app/installations/9/access_tokens"), std::string::npos);
}

}  // namespace
}  // namespace driftwarden::forge
