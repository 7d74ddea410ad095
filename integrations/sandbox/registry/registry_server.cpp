#include "integrations/sandbox/registry/registry_server.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

namespace driftwarden::sandbox {
namespace {

using nlohmann::json;

constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kRoot = "/v2/";
constexpr std::size_t kMostTokens = 1000;

net::ServerReply refusal(unsigned status, const char* code, const std::string& message) {
  return {status, "application/json", json{{"errors", json::array({{{"code", code}, {"message", message}}})}}.dump()};
}

/// The manifest of an image that has one empty layer: what its digest is made of.
std::string manifest_of(const std::string& image, const std::string& tag) {
  const auto config = "sha256:" + sha256_hex(image + ":" + tag);
  const json manifest{{"schemaVersion", 2},
                      {"mediaType", kManifestType},
                      {"config", {{"mediaType", "application/vnd.oci.image.config.v1+json"}, {"digest", config}, {"size", 64}}},
                      {"layers", json::array()}};
  return manifest.dump();
}

std::optional<std::size_t> number_from(const std::string& text) {
  std::size_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || value == 0) return std::nullopt;
  return value;
}

/// "shop/checkout" and what is asked of it: /v2/shop/checkout/tags/list.
struct Target {
  std::string image;
  std::string tag;  ///< or digest; "" = the list of tags
};

std::optional<Target> target_of(const std::string& path) {
  if (!path.starts_with(kRoot)) return std::nullopt;
  const auto rest = path.substr(kRoot.size());
  constexpr std::string_view kList = "/tags/list";
  constexpr std::string_view kManifests = "/manifests/";
  if (rest.size() > kList.size() && rest.ends_with(kList)) return Target{rest.substr(0, rest.size() - kList.size()), ""};
  const auto at = rest.rfind(kManifests);
  if (at == std::string::npos || at == 0 || at + kManifests.size() == rest.size()) return std::nullopt;
  return Target{rest.substr(0, at), rest.substr(at + kManifests.size())};
}

class SmallRegistry final : public RegistryServer {
 public:
  SmallRegistry(Clock& clock, Random& random, RegistryServerOptions options) : clock_(clock), random_(random), options_(std::move(options)) {}

  void set_base_url(std::string url) override { base_url_ = std::move(url); }
  void push(const std::string& image, const std::string& tag) override { images_[image].insert(tag); }
  std::string digest_of(const std::string& image, const std::string& tag) const override { return "sha256:" + sha256_hex(manifest_of(image, tag)); }
  void set_delay(Duration delay) override { delay_ = delay; }
  std::size_t requests() const override { return requests_; }

  asio::awaitable<net::ServerReply> handle(net::ServerRequest request) override {
    ++requests_;
    if (delay_ > Duration{0}) {
      const auto slept = co_await clock_.sleep_for(delay_);
      if (!slept) co_return net::ServerReply(503, "text/plain", "going away\n");
    }
    auto reply = answer(request);
    reply.headers.set("Docker-Distribution-Api-Version", "registry/2.0");
    co_return reply;
  }

 private:
  struct Granted {
    std::string scope;
    MonoTime until{};
  };

  net::ServerReply answer(const net::ServerRequest& request) {
    if (request.method != "GET") return refusal(405, "UNSUPPORTED", "nothing is pushed here");
    if (request.path == "/token") return grant(request);
    if (request.path == "/v2" || request.path == kRoot) return may_pull(request, "") ? net::ServerReply(200, "application/json", "{}") : challenge("");
    const auto target = target_of(request.path);
    if (!target) return refusal(404, "NAME_UNKNOWN", "there is nothing here");
    if (!may_pull(request, target->image)) return challenge(target->image);
    const auto image = images_.find(target->image);
    if (image == images_.end()) return refusal(404, "NAME_UNKNOWN", "repository name not known to registry");
    return target->tag.empty() ? list(request, target->image, image->second) : manifest(target->image, target->tag, image->second);
  }

  bool has_password(const net::ServerRequest& request) const {
    return request.headers.find("Authorization").value_or("") == "Basic " + base64_encode(options_.username + ":" + options_.password);
  }

  bool may_pull(const net::ServerRequest& request, const std::string& image) {
    if (options_.basic) return has_password(request);
    const auto sent = request.headers.find("Authorization").value_or("");
    if (!sent.starts_with("Bearer ")) return false;
    const auto token = tokens_.find(sent.substr(7));
    if (token == tokens_.end() || token->second.until <= clock_.mono_now()) return false;
    return image.empty() || token->second.scope == "repository:" + image + ":pull";
  }

  net::ServerReply challenge(const std::string& image) const {
    auto reply = refusal(401, "UNAUTHORIZED", "authentication required");
    const auto scope = image.empty() ? "" : fmt::format(",scope=\"repository:{}:pull\"", image);
    reply.headers.set("WWW-Authenticate", options_.basic ? fmt::format("Basic realm=\"{}\"", options_.service)
                                                         : fmt::format("Bearer realm=\"{}/token\",service=\"{}\"{}", base_url_, options_.service, scope));
    return reply;
  }

  net::ServerReply grant(const net::ServerRequest& request) {
    if (!options_.username.empty() && !has_password(request)) return refusal(401, "UNAUTHORIZED", "wrong user or password");
    if (request.query_or("service", "") != options_.service) return refusal(400, "DENIED", "another service");
    std::erase_if(tokens_, [now = clock_.mono_now()](const auto& token) { return token.second.until <= now; });
    if (tokens_.size() >= kMostTokens) return refusal(429, "TOOMANYREQUESTS", "too many tokens");
    const auto token = random_.hex(40);
    tokens_[token] = {request.query_or("scope", ""), clock_.mono_now() + options_.token_life};
    return {200, "application/json", json{{"token", token}, {"expires_in", std::chrono::duration_cast<std::chrono::seconds>(options_.token_life).count()}}.dump()};
  }

  net::ServerReply list(const net::ServerRequest& request, const std::string& image, const std::set<std::string>& tags) const {
    const auto size = std::min(number_from(request.query_or("n", "")).value_or(options_.page_size), options_.page_size);
    const auto last = request.query_or("last", "");
    auto from = last.empty() ? tags.begin() : tags.upper_bound(last);
    json page = json::array();
    for (; from != tags.end() && page.size() < size; ++from) page.push_back(*from);
    net::ServerReply reply(200, "application/json", json{{"name", image}, {"tags", page}}.dump());
    if (from != tags.end() && !page.empty()) {
      reply.headers.set("Link", fmt::format("</v2/{}/tags/list?last={}&n={}>; rel=\"next\"", image, net::percent_encode(page.back().get<std::string>()), size));
    }
    return reply;
  }

  net::ServerReply manifest(const std::string& image, const std::string& wanted, const std::set<std::string>& tags) const {
    const auto found = std::ranges::find_if(tags, [&](const std::string& tag) { return tag == wanted || digest_of(image, tag) == wanted; });
    if (found == tags.end()) return refusal(404, "MANIFEST_UNKNOWN", "manifest unknown");
    net::ServerReply reply(200, kManifestType, manifest_of(image, *found));
    reply.headers.set("Docker-Content-Digest", digest_of(image, *found));
    return reply;
  }

  Clock& clock_;
  Random& random_;
  RegistryServerOptions options_;
  std::string base_url_;
  std::map<std::string, std::set<std::string>> images_;
  std::map<std::string, Granted> tokens_;
  Duration delay_{0};
  std::size_t requests_ = 0;
};

}  // namespace

std::unique_ptr<RegistryServer> create_registry_server(Clock& clock, Random& random, RegistryServerOptions options) {
  return std::make_unique<SmallRegistry>(clock, random, std::move(options));
}

}  // namespace driftwarden::sandbox
