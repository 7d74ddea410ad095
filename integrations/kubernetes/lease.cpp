#include "integrations/kubernetes/lease.hpp"

#include "gitops/base/text.hpp"
#include "integrations/kubernetes/api_client.hpp"
#include "integrations/kubernetes/status_error.hpp"
#include "integrations/net/url.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace driftwarden::kubernetes {
namespace {

using nlohmann::json;

std::string micro_time(WallTime at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}000Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

std::optional<WallTime> time_at(const json& spec, const char* key) {
  const auto found = spec.find(key);
  if (found == spec.end() || !found->is_string()) return std::nullopt;
  const auto parsed = parse_time(found->get_ref<const std::string&>());
  return parsed ? std::optional{*parsed} : std::nullopt;
}

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int number_at(const json& spec, const char* key) {
  const auto found = spec.find(key);
  return found != spec.end() && found->is_number_integer() ? found->get<int>() : 0;
}

class LiveLease final : public LeaseApi {
 public:
  LiveLease(asio::any_io_executor executor, Clock& clock, Random& random, Connection connection, LeasePlace place)
      : api_(std::move(executor), clock, random, std::move(connection)), place_(std::move(place)) {}

  asio::awaitable<Result<std::optional<Lease>>> read(Duration timeout) override {
    ApiRequest request("GET", path(place_.name));
    request.timeout = timeout;
    CO_TRY(const auto response, co_await api_.send(std::move(request)));
    if (response.status == 404) co_return std::optional<Lease>{};
    if (!response.ok()) co_return refusal("reading", response);
    auto lease = parse_lease(response.body);
    if (!lease) co_return wrap(step("reading"), lease.error());
    co_return std::optional<Lease>{std::move(*lease)};
  }

  asio::awaitable<Result<Lease>> create(Lease lease, Duration timeout) override {
    lease.version.clear();
    lease.object = nullptr;
    auto request = ApiRequest("POST", path(""));
    request.body = lease_text(place_, lease);
    co_return co_await write("making", std::move(request), timeout);
  }

  asio::awaitable<Result<Lease>> update(Lease lease, Duration timeout) override {
    auto request = ApiRequest("PUT", path(place_.name));
    request.body = lease_text(place_, lease);
    co_return co_await write("writing", std::move(request), timeout);
  }

 private:
  asio::awaitable<Result<Lease>> write(std::string what, ApiRequest request, Duration timeout) {
    request.content_type = "application/json";
    request.path += "?fieldManager=driftwarden";
    request.timeout = timeout;
    CO_TRY(const auto response, co_await api_.send(std::move(request)));
    if (!response.ok()) co_return refusal(what, response);
    auto lease = parse_lease(response.body);
    if (!lease) co_return wrap(step(what), lease.error());
    co_return std::move(*lease);
  }

  std::string path(const std::string& name) const {
    auto text = "/apis/coordination.k8s.io/v1/namespaces/" + net::percent_encode(place_.namespace_) + "/leases";
    return name.empty() ? text : text + "/" + net::percent_encode(name);
  }
  std::string step(const std::string& what) const { return fmt::format("{}: {} Lease {}/{}", place_.cluster, what, place_.namespace_, place_.name); }
  Error refusal(const std::string& what, const net::HttpResponse& response) const {
    auto error = status_error(step(what), response.status, response.body);
    if (error.kind == ErrorKind::Denied) error.message += "; ha needs get, create and update of leases.coordination.k8s.io there (driftwarden rbac)";
    return error;
  }

  ApiClient api_;
  LeasePlace place_;
};

}  // namespace

bool operator==(const Lease& a, const Lease& b) {
  return a.holder == b.holder && a.duration == b.duration && a.acquired_at == b.acquired_at && a.renewed_at == b.renewed_at && a.transitions == b.transitions &&
         a.version == b.version;
}

std::string lease_text(const LeasePlace& place, const Lease& lease) {
  json object = lease.object ? *lease.object : json{{"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}};
  auto& metadata = object["metadata"];
  if (!metadata.is_object()) metadata = json::object();
  metadata.erase("managedFields");
  metadata["name"] = place.name;
  metadata["namespace"] = place.namespace_;
  if (!lease.version.empty()) metadata["resourceVersion"] = lease.version;
  auto& spec = object["spec"];
  if (!spec.is_object()) spec = json::object();
  spec["holderIdentity"] = lease.holder;
  spec["leaseDurationSeconds"] = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(lease.duration).count());
  spec["leaseTransitions"] = lease.transitions;
  for (const auto& [key, at] : {std::pair{"acquireTime", lease.acquired_at}, std::pair{"renewTime", lease.renewed_at}}) {
    if (at) {
      spec[key] = micro_time(*at);
    } else {
      spec.erase(key);
    }
  }
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Lease> parse_lease(const std::string& text) {
  auto object = json::parse(text, nullptr, false);
  if (!object.is_object() || !object.contains("metadata") || !object["metadata"].is_object()) return Error{ErrorKind::Corrupt, "the answer is no Lease"};
  Lease lease;
  lease.version = text_at(object["metadata"], "resourceVersion");
  if (const auto spec = object.find("spec"); spec != object.end() && spec->is_object()) {
    lease.holder = text_at(*spec, "holderIdentity");
    lease.duration = std::chrono::seconds{number_at(*spec, "leaseDurationSeconds")};
    lease.acquired_at = time_at(*spec, "acquireTime");
    lease.renewed_at = time_at(*spec, "renewTime");
    lease.transitions = number_at(*spec, "leaseTransitions");
  }
  lease.object = std::make_shared<const json>(std::move(object));
  return lease;
}

std::unique_ptr<LeaseApi> create_lease_api(asio::any_io_executor executor, Clock& clock, Random& random, Connection connection, LeasePlace place) {
  return std::make_unique<LiveLease>(std::move(executor), clock, random, std::move(connection), std::move(place));
}

}  // namespace driftwarden::kubernetes
