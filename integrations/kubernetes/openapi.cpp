#include "integrations/kubernetes/openapi.hpp"

#include "gitops/base/log.hpp"
#include "integrations/kubernetes/json_cursor.hpp"
#include "integrations/kubernetes/memory.hpp"
#include "integrations/kubernetes/status_error.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

namespace driftwarden::kubernetes {

using nlohmann::json;

namespace {

constexpr std::string_view kReference = "#/components/schemas/";
constexpr std::string_view kKinds = "x-kubernetes-group-version-kind";

json parse_without_descriptions(std::string_view text) {
  // A property may have that name, too: then it is an object.
  bool description = false;
  const auto keep = [&description](int, json::parse_event_t event, json& parsed) {
    const bool named = std::exchange(description, event == json::parse_event_t::key && parsed == "description");
    return !(named && event == json::parse_event_t::value && parsed.is_string());
  };
  return json::parse(text, keep, false);
}

/// The texts under components.schemas, by name.
bool find_schemas(std::string_view document, std::map<std::string_view, std::string_view>& out) {
  JsonCursor cursor(document);
  return cursor.each_member([&](std::string_view top) {
    if (top != "components") return cursor.skip_value();
    return cursor.each_member([&](std::string_view part) {
      if (part != "schemas") return cursor.skip_value();
      return cursor.each_member([&](std::string_view name) { return cursor.take_value(out[name]); });
    });
  });
}

bool describes(const json& schema, const std::set<std::string>& kinds) {
  const auto list = schema.find(kKinds);
  if (list == schema.end() || !list->is_array()) return false;
  return std::any_of(list->begin(), list->end(), [&](const json& one) { return one.is_object() && kinds.contains(one.value("kind", "")); });
}

/// Whatever `schema` refers to.
void collect_references(const json& schema, std::vector<std::string>& out) {
  if (schema.is_object()) {
    if (const auto target = schema.find("$ref"); target != schema.end() && target->is_string()) {
      const auto& text = target->get_ref<const std::string&>();
      if (text.starts_with(kReference)) out.push_back(text.substr(kReference.size()));
    }
  }
  if (!schema.is_structured()) return;
  for (const auto& below : schema) collect_references(below, out);
}

}  // namespace

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

Result<std::shared_ptr<json>> reduce_openapi(std::string_view document, const std::set<std::string>& kinds) {
  std::map<std::string_view, std::string_view> texts;
  if (!find_schemas(document, texts)) return Error{ErrorKind::Corrupt, "the answer isn't JSON"};
  json kept = json::object();
  std::vector<std::string> wanted;
  for (const auto& [name, text] : texts) {
    if (text.find(kKinds) == std::string_view::npos) continue;
    auto schema = parse_without_descriptions(text);
    if (!schema.is_object() || !describes(schema, kinds)) continue;
    collect_references(schema, wanted);
    kept[std::string(name)] = std::move(schema);
  }
  while (!wanted.empty()) {
    const auto name = std::move(wanted.back());
    wanted.pop_back();
    const auto text = texts.find(name);
    if (kept.contains(name) || text == texts.end()) continue;
    auto schema = parse_without_descriptions(text->second);
    collect_references(schema, wanted);
    kept[name] = std::move(schema);
  }
  auto reduced = std::make_shared<json>();
  (*reduced)["components"]["schemas"] = std::move(kept);
  return reduced;
}

/// Each kind from the document of its version, the built-in table for all others.
class OpenApi::Joined final : public Schemas {
 public:
  explicit Joined(const std::map<std::string, Document>& documents) {
    for (const auto& [name, document] : documents) by_version_[name.substr(name.find('/') + 1)] = document.schemas;
  }
  const SchemaNode* find(const std::string& api_version, const std::string& kind) const override {
    const auto document = by_version_.find(api_version);
    // A kind that is new in Git isn't read yet: until then the table knows the built-in ones.
    const auto* node = document == by_version_.end() ? nullptr : document->second->find(api_version, kind);
    return node != nullptr ? node : built_in_schemas().find(api_version, kind);
  }

 private:
  std::map<std::string, std::shared_ptr<const Schemas>> by_version_;  ///< by apiVersion
};

asio::awaitable<Result<std::string>> OpenApi::get(std::string path) {
  ApiRequest request("GET", path);
  request.timeout = timeout_;
  CO_TRY(auto response, co_await api_.send_patiently(std::move(request)));
  if (!response.ok()) co_return status_error("schemas " + path, response.status, response.body);
  co_return std::move(response.body);
}

asio::awaitable<Result<OpenApi::Document>> OpenApi::read(std::string url, std::set<std::string> kinds) {
  CO_TRY(auto text, co_await get(url));
  auto reduced = reduce_openapi(text, kinds);
  text = {};
  if (!reduced) co_return wrap("schemas " + url, reduced.error());
  std::vector<json> documents;
  documents.push_back(std::move(**reduced));
  auto schemas = schemas_from_openapi(documents);
  if (!schemas) co_return wrap("schemas " + url, schemas.error());
  Document document;
  document.url = std::move(url);
  document.kinds = std::move(kinds);
  document.schemas = std::move(*schemas);
  co_return document;
}

asio::awaitable<Result<std::shared_ptr<const Schemas>>> OpenApi::fetch(Wanted wanted) {
  CO_TRY(const auto pass, co_await gate_.enter());
  CO_TRY(const auto index_text, co_await get("/openapi/v3"));
  const auto index = json::parse(index_text, nullptr, false);
  if (!index.is_object()) co_return Error{ErrorKind::Corrupt, "schemas /openapi/v3: the answer isn't JSON"};
  std::set<std::string> group_versions;
  for (const auto& [name, kinds] : wanted) group_versions.insert(name);
  const auto urls = parse_openapi_index(index, group_versions);
  bool changed = std::erase_if(documents_, [&](const auto& known) { return !urls.contains(known.first); }) > 0;
  for (const auto& [name, url] : urls) {
    auto kinds = wanted[name];
    if (const auto known = documents_.find(name); known != documents_.end()) {
      const auto& have = known->second.kinds;
      if (known->second.url == url && std::includes(have.begin(), have.end(), kinds.begin(), kinds.end())) continue;
      kinds.insert(have.begin(), have.end());
    }
    auto document = co_await read(url, std::move(kinds));
    if (!document) {
      if (document.error().kind == ErrorKind::Cancelled) co_return document.error();
      // One aggregated API that is down keeps nobody else's schemas away; it is asked again next time.
      log_warn("kubernetes", document.error().message);
      continue;
    }
    documents_[name] = std::move(*document);
    changed = true;
  }
  if (changed || !schemas_) {
    schemas_ = std::make_shared<const Joined>(documents_);
    release_free_memory();
  }
  co_return schemas_;
}

}  // namespace driftwarden::kubernetes
