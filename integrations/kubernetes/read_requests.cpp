// Lists and logs: what is asked when people want to see, beside the watches.
#include "integrations/kubernetes/object_requests.hpp"
#include "integrations/kubernetes/status_error.hpp"
#include "integrations/net/url.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden::kubernetes {
namespace {

using nlohmann::json;

bool says(const Error& error, std::string_view words) { return error.message.find(words) != std::string::npos; }

/// A refusal for lack of a right names the right, so that somebody can grant it.
Error with_right(Error error, unsigned status, const std::string& right) {
  if (status == 403) error.message += fmt::format(": my service account lacks the right to {}", right);
  return error;
}

}  // namespace

std::string place_of(const std::string& namespace_) { return namespace_.empty() ? " in all namespaces" : " in namespace " + namespace_; }

ApiRequest make_list(const ApiResource& resource, const ListQuery& query) {
  std::map<std::string, std::string> parameters{{"limit", std::to_string(std::max<std::size_t>(1, query.limit))}};
  if (!query.label_selector.empty()) parameters["labelSelector"] = query.label_selector;
  if (!query.field_selector.empty()) parameters["fieldSelector"] = query.field_selector;
  return {"GET", resource_path(resource, query.namespace_, "") + "?" + net::make_query(parameters)};
}

Result<JsonPtr> read_list(const std::string& step, const net::HttpResponse& response, const ListQuery& query, const std::string& plural) {
  if (!response.ok()) {
    return with_right(status_error(step, response.status, response.body), response.status, fmt::format("list {}{}", plural, place_of(query.namespace_)));
  }
  auto answer = json::parse(response.body, nullptr, false);
  const auto items = answer.is_object() ? answer.find("items") : answer.end();
  if (!answer.is_object() || items == answer.end() || !(items->is_array() || items->is_null())) return Error{ErrorKind::Corrupt, step + ": the answer isn't a list"};
  if (items->is_null()) *items = json::array();
  const auto api_version = query.kind.group.empty() ? query.kind.version : query.kind.group + "/" + query.kind.version;
  for (auto& item : *items) {
    if (!item.is_object()) return Error{ErrorKind::Corrupt, step + ": an item isn't an object"};
    item["kind"] = query.kind.kind;
    item["apiVersion"] = api_version;
  }
  return std::make_shared<const json>(std::move(*items));
}

ApiRequest make_log_request(const LogQuery& query) {
  std::map<std::string, std::string> parameters{{"tailLines", std::to_string(std::max<std::size_t>(1, query.tail))},
                                                {"limitBytes", std::to_string(std::max<std::size_t>(1, query.limit_bytes))}};
  if (!query.container.empty()) parameters["container"] = query.container;
  if (query.previous) parameters["previous"] = "true";
  if (query.timestamps) parameters["timestamps"] = "true";
  if (query.since) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*query.since).count();
    parameters["sinceSeconds"] = std::to_string(std::max<std::int64_t>(1, seconds));
  }
  ApiRequest request("GET", fmt::format("/api/v1/namespaces/{}/pods/{}/log?{}", net::percent_encode(query.namespace_), net::percent_encode(query.pod),
                                        net::make_query(parameters)));
  request.accept = "text/plain, */*";
  return request;
}

Result<std::string> read_log(const std::string& step, net::HttpResponse response, const LogQuery& query) {
  if (response.ok()) return std::move(response.body);
  auto error = with_right(status_error(step, response.status, response.body), response.status, "get pods/log" + place_of(query.namespace_));
  if (response.status == 400 && says(error, "waiting to start")) error.kind = ErrorKind::Conflict;
  if (response.status == 400 && (says(error, "previous terminated container") || says(error, "is not valid for pod"))) error.kind = ErrorKind::NotFound;
  return error;
}

}  // namespace driftwarden::kubernetes
