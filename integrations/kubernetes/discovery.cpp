#include "integrations/kubernetes/discovery.hpp"

#include "integrations/kubernetes/status_error.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <array>

namespace driftwarden::kubernetes {
namespace {

constexpr std::array<const char*, 2> kRoots{"/api", "/apis"};
constexpr Duration kAskAgainAfter{5'000};
constexpr const char* kAggregated =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

std::string api_version_of(const WatchedKind& kind) { return kind.group.empty() ? kind.version : kind.group + "/" + kind.version; }

/// Where a kind is does not depend on how much of it is asked for.
WatchedKind whole(WatchedKind kind) {
  kind.metadata_only = false;
  return kind;
}

Error not_served(const WatchedKind& kind) {
  return {ErrorKind::NotFound, fmt::format("the server doesn't serve {} of {}", kind.kind, api_version_of(kind))};
}

}  // namespace

Discovery::Discovery(asio::any_io_executor executor, Clock& clock, ApiClient& api, Duration timeout)
    : clock_(clock), api_(api), timeout_(timeout), gate_(std::move(executor)) {}

void Discovery::invalidate() { asked_.clear(); }

void Discovery::forget(const WatchedKind& kind) { known_.erase(whole(kind)); }

void Discovery::add(std::vector<ApiResource> resources) {
  for (auto& resource : resources) {
    auto& slot = known_[resource.kind];
    // Two resources of one kind (a resource and its review form): the one that can be listed is meant.
    if (slot.plural.empty() || slot.plural == resource.plural || !slot.verbs.contains("list")) slot = std::move(resource);
  }
}

asio::awaitable<Result<ApiResource>> Discovery::resolve(WatchedKind kind) {
  kind = whole(std::move(kind));
  if (const auto found = known_.find(kind); found != known_.end()) co_return found->second;
  CO_TRY(const auto pass, co_await gate_.enter());
  if (!known_.contains(kind)) CO_CHECK_OK(co_await refresh(kind));
  if (const auto found = known_.find(kind); found != known_.end()) co_return found->second;
  co_return not_served(kind);
}

asio::awaitable<Result<void>> Discovery::refresh(WatchedKind kind) {
  if (aggregated_ != false) {
    if (const auto asked = asked_.find("*"); asked != asked_.end() && clock_.mono_now() - asked->second < kAskAgainAfter) co_return Result<void>{};
    CO_TRY(aggregated_, co_await fetch_aggregated());
    asked_["*"] = clock_.mono_now();
    if (*aggregated_) co_return Result<void>{};
  }
  const auto key = api_version_of(kind);
  if (const auto asked = asked_.find(key); asked != asked_.end() && clock_.mono_now() - asked->second < kAskAgainAfter) co_return Result<void>{};
  CO_CHECK_OK(co_await fetch_group_version(kind));
  asked_[key] = clock_.mono_now();
  co_return Result<void>{};
}

/// False when the server knows the old form only.
asio::awaitable<Result<bool>> Discovery::fetch_aggregated() {
  std::vector<ApiResource> all;
  for (const auto* root : kRoots) {
    const std::string path = root;
    ApiRequest request("GET", path);
    request.accept = kAggregated;
    request.timeout = timeout_;
    CO_TRY(const auto response, co_await api_.send_patiently(std::move(request)));
    if (response.status == 404 || response.status == 406) co_return false;
    if (!response.ok()) co_return status_error("discovery of " + path, response.status, response.body);
    const auto document = nlohmann::json::parse(response.body, nullptr, false);
    if (!document.is_object()) co_return Error{ErrorKind::Corrupt, "discovery of " + path + ": the answer isn't JSON: is this a Kubernetes API server?"};
    if (document.value("kind", nlohmann::json()) != "APIGroupDiscoveryList") co_return false;
    auto found = parse_aggregated_discovery(document);
    all.insert(all.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  }
  known_.clear();
  add(std::move(all));
  co_return true;
}

asio::awaitable<Result<void>> Discovery::fetch_group_version(WatchedKind kind) {
  ApiRequest request("GET", group_version_path(kind.group, kind.version));
  request.timeout = timeout_;
  const auto step = "discovery of " + request.path;
  CO_TRY(const auto response, co_await api_.send_patiently(std::move(request)));
  if (response.status == 404) co_return Result<void>{};
  if (!response.ok()) co_return status_error(step, response.status, response.body);
  const auto document = nlohmann::json::parse(response.body, nullptr, false);
  if (!document.is_object()) co_return Error{ErrorKind::Corrupt, step + ": the answer isn't JSON: is this a Kubernetes API server?"};
  add(parse_resource_list(document));
  co_return Result<void>{};
}

}  // namespace driftwarden::kubernetes
