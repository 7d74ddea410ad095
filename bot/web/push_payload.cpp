#include "bot/web/push_payload.hpp"

#include "integrations/net/url.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden {
namespace {

using nlohmann::json;

json parse(const std::string& body) {
  if (!body.starts_with("payload=")) return json::parse(body, nullptr, false);
  auto form = net::parse_query(body);
  return json::parse(form["payload"], nullptr, false);
}

}  // namespace

std::vector<std::string> pushed_urls(const std::string& body) {
  std::vector<std::string> urls;
  const auto payload = parse(body);
  if (!payload.is_object()) return urls;
  for (const auto* part : {"repository", "project"}) {
    const auto repository = payload.find(part);
    if (repository == payload.end() || !repository->is_object()) continue;
    for (const auto* key : {"clone_url", "ssh_url", "html_url", "git_http_url", "git_ssh_url", "web_url", "http_url", "homepage", "url"}) {
      const auto url = repository->find(key);
      if (url != repository->end() && url->is_string()) urls.push_back(url->get<std::string>());
    }
  }
  return urls;
}

}  // namespace driftwarden
