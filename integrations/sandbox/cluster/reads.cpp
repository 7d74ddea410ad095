#include "integrations/sandbox/cluster/api_core.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "integrations/sandbox/cluster/tables.hpp"

#include <fmt/core.h>

#include <charconv>

namespace driftwarden::sandbox::cluster {
namespace {

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t out = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

ApiError bad_version(const std::string& text) {
  return {500, "", fmt::format("resourceVersion: Invalid value: \"{}\": strconv.ParseUint: parsing \"{}\": invalid syntax", text, text), {}};
}

ApiError too_large(std::uint64_t wanted, std::uint64_t current) {
  Json details = Json::object();
  details["causes"] = Json::array({Json{{"reason", "ResourceVersionTooLarge"}, {"message", "Too large resource version"}}});
  details["retryAfterSeconds"] = 1;
  return {504, "Timeout", fmt::format("Timeout: Too large resource version: {}, current: {}", wanted, current), std::move(details)};
}

struct Continue {
  std::uint64_t version = 0;
  Key after;
};

std::string make_continue(std::uint64_t version, const Key& last) {
  return base64_encode(Json{{"v", "meta.k8s.io/v1"}, {"rv", version}, {"start", last.namespace_ + "/" + last.name}}.dump());
}

Outcome<Continue> read_continue(const std::string& token) {
  const auto wrong = bad_request("continue key is not valid: invalid continue token");
  const auto text = base64_decode(token);
  if (!text) return wrong;
  const Json parsed = Json::parse(text.value(), nullptr, false);
  const auto start = text_at(parsed, {"start"});
  const auto slash = start.find('/');
  if (slash == std::string::npos) return wrong;
  return Continue{static_cast<std::uint64_t>(int_at(parsed, {"rv"})), Key{start.substr(0, slash), start.substr(slash + 1)}};
}

struct Page {
  std::vector<StoredPtr> objects;
  std::uint64_t version = 0;
  std::string next;
  std::size_t remaining = 0;
};

std::string list_head(const Resource& resource, const Page& page) {
  Json metadata{{"resourceVersion", std::to_string(page.version)}};
  if (!page.next.empty()) metadata["continue"] = page.next;
  if (page.remaining > 0) metadata["remainingItemCount"] = page.remaining;
  return fmt::format(R"({{"kind":"{}","apiVersion":"{}","metadata":{},"items":[)", resource.list_kind, resource.api_version(), metadata.dump());
}

std::string list_body(const Resource& resource, const Page& page, View view) {
  if (view == View::Metadata) {
    Json items = Json::array();
    for (const auto& one : page.objects) items.push_back(partial_metadata(one->body()));
    Json metadata{{"resourceVersion", std::to_string(page.version)}};
    if (!page.next.empty()) metadata["continue"] = page.next;
    return Json{{"kind", "PartialObjectMetadataList"}, {"apiVersion", "meta.k8s.io/v1"}, {"metadata", std::move(metadata)}, {"items", std::move(items)}}.dump();
  }
  std::string out = list_head(resource, page);
  bool first = true;
  for (const auto& one : page.objects) {
    if (!first) out += ',';
    first = false;
    out += resource.custom ? one->text() : one->item_text();
  }
  return out + "]}";
}

std::string table_body(const Resource& resource, const Page& page, const std::string& include, WallTime now) {
  Json rows = Json::array();
  for (const auto& one : page.objects) rows.push_back(table_row(resource, one, include, now));
  Json metadata{{"resourceVersion", std::to_string(page.version)}};
  if (!page.next.empty()) metadata["continue"] = page.next;
  if (page.remaining > 0) metadata["remainingItemCount"] = page.remaining;
  return make_table(table_columns(resource), std::move(rows), std::move(metadata)).dump();
}

}  // namespace

Outcome<WatchPlan> ApiCore::plan_watch(const ApiRequest& request, const Target& target, std::uint64_t latest) {
  auto labels = LabelSelector::parse(request.query_or("labelSelector"));
  if (!labels) return labels.error();
  auto fields = FieldSelector::parse(request.query_or("fieldSelector"), target.resource->kind);
  if (!fields) return fields.error();
  WatchPlan plan;
  plan.resource = target.resource;
  plan.namespace_ = target.namespace_;
  plan.labels = std::move(labels).value();
  plan.fields = std::move(fields).value();
  plan.view = view_of(request.accept);
  plan.include_object = request.query_or("includeObject", "Metadata");
  plan.bookmarks = request.flag("allowWatchBookmarks");
  if (const auto seconds = number(request.query_or("timeoutSeconds"))) plan.timeout = std::chrono::seconds(*seconds);
  const auto version = request.query_or("resourceVersion");
  const bool initial = request.flag("sendInitialEvents") || ((version.empty() || version == "0") && request.query_or("sendInitialEvents").empty());
  if (!version.empty()) {
    const auto since = number(version);
    if (!since) return bad_version(version);
    plan.since = *since;
  }
  if (request.flag("sendInitialEvents") && request.query_or("resourceVersionMatch") != "NotOlderThan") {
    return invalid("meta.k8s.io", "ListOptions", "",
                   {forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")});
  }
  if (initial) {
    plan.since = latest;
    plan.mark_initial_end = request.flag("sendInitialEvents") && plan.bookmarks;
    for (const auto& [key, object] : store_.objects(target.resource->storage())) {
      const bool inside = plan.namespace_.empty() || key.namespace_ == plan.namespace_;
      if (inside && plan.labels.matches(object_at(object->body(), {"metadata", "labels"})) && plan.fields.matches(object->body()))
        plan.initial.push_back(object);
    }
  } else if (plan.since < store_.oldest(target.resource->storage())) {
    plan.refusal = expired(fmt::format("too old resource version: {} ({})", plan.since, store_.oldest(target.resource->storage())));
  }
  return plan;
}

Outcome<ApiReply> ApiCore::list(const ApiRequest& request, const Target& target, WallTime now) {
  if (request.flag("watch")) {
    auto plan = plan_watch(request, target, store_.version());
    if (!plan) return plan.error();
    ApiReply out;
    out.watch = std::move(plan).value();
    return out;
  }
  auto labels = LabelSelector::parse(request.query_or("labelSelector"));
  if (!labels) return labels.error();
  auto fields = FieldSelector::parse(request.query_or("fieldSelector"), target.resource->kind);
  if (!fields) return fields.error();
  Page page;
  page.version = store_.version();
  const auto& all = store_.objects(target.resource->storage());
  auto at = target.namespace_.empty() ? all.begin() : all.lower_bound(Key{target.namespace_, ""});
  if (const auto token = request.query_or("continue"); !token.empty()) {
    auto from = read_continue(token);
    if (!from) return from.error();
    page.version = from.value().version;
    if (page.version < store_.oldest(target.resource->storage())) {
      return expired(
          "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the "
          "continue token in this response to retrieve the remainder of the results.");
    }
    at = all.upper_bound(from.value().after);
  } else if (const auto version = request.query_or("resourceVersion"); !version.empty()) {
    const auto wanted = number(version);
    if (!wanted) return bad_version(version);
    if (*wanted > store_.version()) return too_large(*wanted, store_.version());
  }
  const auto limit = number(request.query_or("limit")).value_or(0);
  const Key* last = nullptr;
  for (; at != all.end(); ++at) {
    if (!target.namespace_.empty() && at->first.namespace_ != target.namespace_) break;
    const Json& body = at->second->body();
    if (!labels.value().matches(object_at(body, {"metadata", "labels"})) || !fields.value().matches(body)) continue;
    if (limit != 0 && page.objects.size() == limit) {
      if (page.remaining++ == 0) page.next = make_continue(page.version, *last);
      continue;
    }
    page.objects.push_back(at->second);
    last = &at->first;
  }
  if (!labels.value().empty() || !fields.value().empty()) page.remaining = 0;
  ApiReply out;
  const View view = view_of(request.accept);
  out.body =
      view == View::Table ? table_body(*target.resource, page, request.query_or("includeObject", "Metadata"), now) : list_body(*target.resource, page, view);
  out.body += "\n";
  return out;
}

Outcome<ApiReply> ApiCore::get(const ApiRequest& request, const Target& target, WallTime now) {
  const auto object = store_.find(target.resource->storage(), target.key());
  if (!object) return not_found(target.resource->group, target.resource->plural, target.name);
  return object_reply(200, request, target, object, now);
}

}  // namespace driftwarden::sandbox::cluster
