#include "integrations/forge/github_app.hpp"

#include "gitops/base/crypto.hpp"
#include "integrations/forge/forge_json.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::forge {

using nlohmann::json;

namespace {

constexpr std::chrono::seconds kBackdated{60};
constexpr std::chrono::seconds kJwtLife{9 * 60};
constexpr std::chrono::minutes kRenewAfter{50};
constexpr std::chrono::minutes kReserve{10};

template <class T, void (*free_it)(T*)>
struct Freer {
  void operator()(T* object) const { free_it(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX, EVP_MD_CTX_free>>;
using Bytes = std::unique_ptr<BIO, Freer<BIO, BIO_free_all>>;

/// Instead of asking at the terminal.
int no_password(char*, int, int, void*) { return 0; }

std::string base64_url(std::string_view bytes) {
  auto text = base64_encode(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.erase(std::min(text.find('='), text.size()));
  return text;
}

Result<std::string> sign_rs256(const Secret<std::string>& private_key, const std::string& text) {
  const Error bad{ErrorKind::InvalidInput, "the GitHub App's private key can't be used: give the PEM file that GitHub made, unencrypted RSA"};
  const Bytes pem(BIO_new_mem_buf(private_key.reveal().data(), static_cast<int>(private_key.reveal().size())));
  const Key key(PEM_read_bio_PrivateKey(pem.get(), nullptr, no_password, nullptr));
  if (!key || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) return bad;
  const Digest digest(EVP_MD_CTX_new());
  if (EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1) return bad;
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  if (EVP_DigestSign(digest.get(), nullptr, &size, data, text.size()) != 1) return bad;
  std::string signature(size, '\0');
  if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data, text.size()) != 1) return bad;
  signature.resize(size);
  return signature;
}

class AppJwt final : public Credentials {
 public:
  AppJwt(Clock& clock, ForgeOptions::App app) : clock_(clock), app_(std::move(app)) {}
  asio::awaitable<Result<Secret<std::string>>> token() override {
    CO_TRY(auto jwt, make_app_jwt(app_.app_id, app_.private_key, clock_.wall_now()));
    co_return Secret<std::string>(std::move(jwt));
  }
  bool refused(const Secret<std::string>&) override { return false; }

 private:
  Clock& clock_;
  ForgeOptions::App app_;
};

Dialect app_dialect(Dialect dialect) {
  dialect.scopes = "the App's key and its installation";
  dialect.pace.reset();
  return dialect;
}

}  // namespace

Result<std::string> make_app_jwt(std::int64_t app_id, const Secret<std::string>& private_key, WallTime now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  const json header{{"alg", "RS256"}, {"typ", "JWT"}};
  const json claims{{"iat", (seconds - kBackdated).count()}, {"exp", (seconds + kJwtLife).count()}, {"iss", std::to_string(app_id)}};
  const auto text = base64_url(header.dump()) + "." + base64_url(claims.dump());
  TRY(const auto signature, sign_rs256(private_key, text));
  return text + "." + base64_url(signature);
}

GithubApp::GithubApp(net::HttpClient& http, Clock& clock, const Dialect& dialect, ForgeOptions::App app)
    : clock_(clock),
      app_(std::move(app)),
      repository_(dialect.project_name.substr(dialect.project_name.find('/') + 1)),
      api_(http, clock, app_dialect(dialect), std::make_shared<AppJwt>(clock, app_)) {}

asio::awaitable<Result<std::int64_t>> GithubApp::installation() {
  if (app_.installation_id != 0) co_return app_.installation_id;
  CO_TRY(const auto response, co_await api_.read("/installation"));
  app_.installation_id = number_at(parse_json(response.body), "id");
  if (app_.installation_id == 0) co_return api_.unreadable("GET", "/installation");
  co_return app_.installation_id;
}

asio::awaitable<Result<Secret<std::string>>> GithubApp::token() {
  if (!token_.empty() && clock_.mono_now() < renew_at_) co_return token_;
  CO_TRY(const auto id, co_await installation());
  const auto path = "~/app/installations/" + std::to_string(id) + "/access_tokens";
  const json narrowed{{"repositories", json::array({repository_})}};
  CO_TRY(const auto response, co_await api_.write("POST", path, dump(narrowed), Repeat::Safe));
  const auto body = parse_json(response.body);
  Secret<std::string> fresh(text_at(body, "token"));
  if (fresh.empty()) co_return api_.unreadable("POST", path);
  token_ = fresh;
  const auto life = time_at(body, "expires_at") - clock_.wall_now() - kReserve;
  const auto renew_after = std::clamp(std::chrono::duration_cast<Duration>(life), Duration{60'000}, Duration{kRenewAfter});
  renew_at_ = clock_.mono_now() + renew_after;
  co_return fresh;
}

bool GithubApp::refused(const Secret<std::string>& token) {
  if (token_.reveal() == token.reveal()) token_ = Secret<std::string>();
  return true;
}

asio::awaitable<Result<Account>> GithubApp::account() {
  CO_TRY(const auto response, co_await api_.read("~/app"));
  const auto slug = text_at(parse_json(response.body), "slug");
  if (slug.empty()) co_return api_.unreadable("GET", "~/app");
  Account account;
  account.login = slug + "[bot]";
  account.is_app = true;
  co_return account;
}

}  // namespace driftwarden::forge
