#include "bot/doctor/cluster_probe.hpp"

#include "bot/doctor/in_time.hpp"
#include "integrations/kubernetes/api_client.hpp"
#include "integrations/kubernetes/status_error.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr const char* kReviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

json review_of(const AccessQuestion& question) {
  const auto slash = question.resource.find('/');
  json attributes{{"group", question.group}, {"resource", question.resource.substr(0, slash)}, {"verb", question.verb}};
  if (slash != std::string::npos) attributes["subresource"] = question.resource.substr(slash + 1);
  if (!question.namespace_.empty()) attributes["namespace"] = question.namespace_;
  if (!question.name.empty()) attributes["name"] = question.name;
  return {{"apiVersion", "authorization.k8s.io/v1"}, {"kind", "SelfSubjectAccessReview"}, {"spec", {{"resourceAttributes", std::move(attributes)}}}};
}

class ApiProbe final : public ClusterProbe {
 public:
  ApiProbe(asio::any_io_executor executor, Clock& clock, Random& random, kubernetes::Connection connection)
      : clock_(clock), api_(std::move(executor), clock, random, std::move(connection)) {}

  asio::awaitable<Result<ServerFacts>> hello() override {
    kubernetes::ApiRequest request("GET", "/version");
    request.timeout = kDoctorPatience;
    CO_TRY(const auto response, co_await api_.send(std::move(request)));
    if (!response.ok()) co_return kubernetes::status_error("GET /version", response.status, response.body);
    const auto document = json::parse(response.body, nullptr, false);
    ServerFacts facts;
    if (document.is_object() && document.contains("gitVersion") && document["gitVersion"].is_string()) facts.version = document["gitVersion"].get<std::string>();
    facts.clock_ahead = net::clock_ahead(response.headers, clock_.wall_now());
    co_return facts;
  }

  asio::awaitable<Result<bool>> may(AccessQuestion question) override {
    kubernetes::ApiRequest request("POST", kReviews);
    request.content_type = "application/json";
    request.body = review_of(question).dump(-1, ' ', false, json::error_handler_t::replace);
    request.timeout = kDoctorPatience;
    CO_TRY(const auto response, co_await api_.send_patiently(std::move(request)));
    if (!response.ok()) co_return kubernetes::status_error("asking what is allowed", response.status, response.body);
    const auto document = json::parse(response.body, nullptr, false);
    const auto allowed = json::json_pointer("/status/allowed");
    if (!document.is_object() || !document.contains(allowed)) co_return Error{ErrorKind::Corrupt, "asking what is allowed: no SelfSubjectAccessReview came back"};
    co_return document.at(allowed) == true;
  }

 private:
  Clock& clock_;
  kubernetes::ApiClient api_;
};

}  // namespace

std::unique_ptr<ClusterProbe> create_cluster_probe(asio::any_io_executor executor, Clock& clock, Random& random, kubernetes::Connection connection) {
  return std::make_unique<ApiProbe>(std::move(executor), clock, random, std::move(connection));
}

}  // namespace driftwarden
