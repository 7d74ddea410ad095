#include "integrations/sandbox/cluster/api_core.hpp"
#include "integrations/sandbox/cluster/tables.hpp"

#include <fmt/core.h>

namespace driftwarden::sandbox::cluster {
namespace {
constexpr std::size_t kBatch = 256;

std::string line(const char* type, const std::string& object) { return fmt::format("{{\"type\":\"{}\",\"object\":{}}}\n", type, object); }

}  // namespace

bool Watch::matches(const Json& object) const {
  if (!plan_.namespace_.empty() && text_at(object, {"metadata", "namespace"}) != plan_.namespace_) return false;
  return plan_.labels.matches(object_at(object, {"metadata", "labels"})) && plan_.fields.matches(object);
}

std::string Watch::event(const char* type, const StoredPtr& object, WallTime now) {
  switch (plan_.view) {
    case View::Object: return line(type, object->text());
    case View::Metadata: return line(type, partial_metadata(object->body()).dump());
    case View::Table: break;
  }
  Json columns = table_started_ ? Json() : table_columns(*plan_.resource);
  table_started_ = true;
  Json rows = Json::array({table_row(*plan_.resource, object, plan_.include_object, now)});
  return line(type,
              make_table(std::move(columns), std::move(rows), Json{{"resourceVersion", text_at(object->body(), {"metadata", "resourceVersion"})}}).dump());
}

std::string Watch::poll(WallTime now) {
  std::string out;
  if (ended_) return out;
  if (!started_) {
    started_ = true;
    if (plan_.refusal) {
      ended_ = true;
      return line("ERROR", to_status(*plan_.refusal).dump());
    }
    for (const auto& object : plan_.initial) out += event("ADDED", object, now);
    plan_.initial.clear();
    if (plan_.mark_initial_end) {
      Json mark{{"kind", plan_.resource->kind}, {"apiVersion", plan_.resource->api_version()}};
      mark["metadata"] = Json{{"resourceVersion", std::to_string(plan_.since)}, {"annotations", {{"k8s.io/initial-events-end", "true"}}}};
      out += line("BOOKMARK", mark.dump());
    }
  }
  auto changes = core_.store().changes(plan_.resource->storage(), plan_.since, kBatch);
  if (!changes) {
    ended_ = true;
    return out +
           line("ERROR",
                to_status(expired(fmt::format("too old resource version: {} ({})", plan_.since, core_.store().oldest(plan_.resource->storage())))).dump());
  }
  for (const auto& change : *changes) {
    plan_.since = change.version;
    const bool now_in = change.type != ChangeType::Deleted && matches(change.object->body());
    const bool was_in = change.before && matches(change.before->body());
    if (now_in) {
      out += event(was_in ? "MODIFIED" : "ADDED", change.object, now);
    } else if (was_in) {
      out += event("DELETED", change.object, now);
    }
  }
  return out;
}

std::string Watch::bookmark() const {
  Json mark{{"kind", plan_.resource->kind}, {"apiVersion", plan_.resource->api_version()}};
  mark["metadata"] = Json{{"resourceVersion", std::to_string(std::max(plan_.since, core_.store().version()))}};
  return line("BOOKMARK", mark.dump());
}

}  // namespace driftwarden::sandbox::cluster
