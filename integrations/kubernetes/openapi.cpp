#include "integrations/kubernetes/openapi.hpp"

#include "integrations/kubernetes/status_error.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::kubernetes {

using nlohmann::json;

std::map<std::string, std::string> parse_openapi_index(const json& index, const std::set<std::string>& group_versions) {
  std::map<std::string, std::string> urls;
  const auto paths = index.is_object() ? index.find("paths") : index.end();
  if (!index.is_object() || paths == index.end() || !paths->is_object()) return urls;
  for (const auto& [name, where] : paths->items()) {
    if (!group_versions.contains(name) || !where.is_object()) continue;
    const auto url = where.find("serverRelativeURL");
    if (url != where.end() && url->is_string() && url->get_ref<const std::string&>().starts_with("/openapi/")) urls[name] = url->get<std::string>();
  }
  return urls;
}

asio::awaitable<Result<std::shared_ptr<json>>> OpenApi::get(std::string path) {
  ApiRequest request("GET", path);
  request.timeout = timeout_;
  CO_TRY(const auto response, co_await api_.send_patiently(std::move(request)));
  if (!response.ok()) co_return status_error("schemas " + path, response.status, response.body);
  auto document = std::make_shared<json>(json::parse(response.body, nullptr, false));
  if (!document->is_object()) co_return Error{ErrorKind::Corrupt, "schemas " + path + ": the answer isn't JSON"};
  co_return document;
}

asio::awaitable<Result<std::shared_ptr<const Schemas>>> OpenApi::fetch(std::set<std::string> group_versions) {
  CO_TRY(const auto pass, co_await gate_.enter());
  CO_TRY(const auto index, co_await get("/openapi/v3"));
  auto urls = parse_openapi_index(*index, group_versions);
  if (schemas_ && urls == urls_) co_return schemas_;
  std::vector<json> documents;
  for (const auto& [name, url] : urls) {
    CO_TRY(const auto document, co_await get(url));
    documents.push_back(std::move(*document));
  }
  CO_TRY(auto schemas, schemas_from_openapi(documents));
  schemas_ = std::shared_ptr<const Schemas>(std::move(schemas));
  urls_ = std::move(urls);
  co_return schemas_;
}

}  // namespace driftwarden::kubernetes
