#include "integrations/sandbox/cluster/tables.hpp"

#include "gitops/base/text.hpp"
#include "integrations/sandbox/cluster/table_cells.hpp"

#include <fmt/core.h>

namespace driftwarden::sandbox::cluster {
namespace {

const std::vector<Column>& columns_of(const Resource& resource) {
  static const std::vector<Column> plain{name_column(), age_column()};
  if (const auto* found = workload_columns(resource.kind)) return *found;
  if (const auto* found = other_columns(resource.kind)) return *found;
  return plain;
}

/// ".spec.replicas", ".status.conditions[0].type", ".metadata.labels['a.b']": the simple paths that definitions use.
Json at_path(const Json& object, const std::string& path) {
  const Json* at = &object;
  std::size_t i = 0;
  while (i < path.size() && at != nullptr) {
    if (path[i] == '.') {
      const auto end = std::min(path.find_first_of(".[", i + 1), path.size());
      if (end > i + 1) at = find(*at, path.substr(i + 1, end - i - 1));
      i = end;
      continue;
    }
    const auto end = path.find(']', i);
    if (end == std::string::npos) return nullptr;
    auto inner = path.substr(i + 1, end - i - 1);
    i = end + 1;
    if (inner.starts_with('\'') || inner.starts_with('"')) {
      at = find(*at, inner.substr(1, inner.size() - 2));
    } else if (inner.starts_with("?(@.")) {
      const auto equals = inner.find("==");
      if (equals == std::string::npos) return nullptr;
      const auto key = std::string(trim(std::string_view(inner).substr(4, equals - 4)));
      auto value = std::string(trim(std::string_view(inner).substr(equals + 2)));
      std::erase_if(value, [](char c) { return c == '"' || c == '\'' || c == ')'; });
      const Json* match = nullptr;
      for (const auto& item : *at) {
        if (match == nullptr && text_at(item, {key}) == value) match = &item;
      }
      at = match;
    } else {
      const auto index = static_cast<std::size_t>(std::atoi(inner.c_str()));
      at = at->is_array() && index < at->size() ? &(*at)[index] : nullptr;
    }
  }
  return at == nullptr ? Json() : *at;
}

Json custom_columns(const Resource& resource) {
  Json out = Json::array();
  out.push_back(Json{{"name", "Name"}, {"type", "string"}, {"format", "name"}, {"description", "Name must be unique within a namespace."}, {"priority", 0}});
  if (resource.columns.empty()) out.push_back(Json{{"name", "Age"}, {"type", "date"}, {"format", ""}, {"description", ""}, {"priority", 0}});
  for (const auto& one : resource.columns) {
    out.push_back(Json{{"name", one.name}, {"type", one.type}, {"format", one.format}, {"description", one.description}, {"priority", one.priority}});
  }
  return out;
}

Json custom_cells(const Resource& resource, const Json& object, WallTime now) {
  Json out = Json::array({text_at(object, {"metadata", "name"})});
  if (resource.columns.empty()) out.push_back(age_since(text_at(object, {"metadata", "creationTimestamp"}), now));
  for (const auto& one : resource.columns) {
    Json value = at_path(object, one.json_path);
    if (one.type == "date" && value.is_string()) value = age_since(value.get<std::string>(), now);
    out.push_back(std::move(value));
  }
  return out;
}

}  // namespace

Json table_columns(const Resource& resource) {
  if (resource.custom) return custom_columns(resource);
  Json out = Json::array();
  for (const auto& one : columns_of(resource)) {
    const bool name = std::string_view(one.name) == "Name" && one.priority == 0;
    out.push_back(Json{{"name", one.name}, {"type", one.type}, {"format", name ? "name" : ""}, {"description", one.name}, {"priority", one.priority}});
  }
  return out;
}

Json table_row(const Resource& resource, const StoredPtr& object, const std::string& include_object, WallTime now) {
  Json cells = Json::array();
  if (resource.custom) {
    cells = custom_cells(resource, object->body(), now);
  } else {
    for (const auto& one : columns_of(resource)) cells.push_back(one.cell(object->body(), now));
  }
  Json row{{"cells", std::move(cells)}, {"object", nullptr}};
  if (include_object == "Object") row["object"] = object->body();
  if (include_object == "Metadata") row["object"] = partial_metadata(object->body());
  return row;
}

Json make_table(Json columns, Json rows, Json list_metadata) {
  return Json{{"kind", "Table"},
              {"apiVersion", "meta.k8s.io/v1"},
              {"metadata", std::move(list_metadata)},
              {"columnDefinitions", std::move(columns)},
              {"rows", std::move(rows)}};
}

Json partial_metadata(const Json& object) {
  return Json{{"kind", "PartialObjectMetadata"}, {"apiVersion", "meta.k8s.io/v1"}, {"metadata", object_at(object, {"metadata"})}};
}

}  // namespace driftwarden::sandbox::cluster
