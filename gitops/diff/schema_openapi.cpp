#include "gitops/diff/schema_node.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace driftwarden {
namespace {

using nlohmann::json;
constexpr std::string_view kReference = "#/components/schemas/";

bool flag(const json& schema, const char* key) {
  const auto found = schema.find(key);
  return found != schema.end() && found->is_boolean() && found->get<bool>();
}

std::string text(const json& schema, const char* key) {
  const auto found = schema.find(key);
  return found != schema.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Zero defaults say nothing: the server keeps no zero.
bool is_telling(const json& fallback) {
  return !fallback.is_null() && fallback != json("") && fallback != json(0) && fallback != json(false) && !(fallback.is_structured() && fallback.empty());
}

class Loader {
 public:
  explicit Loader(SchemaSet& set) : set_(set) {}

  void add(const json& document) {
    const auto components = document.find("components");
    if (components == document.end() || !components->contains("schemas")) return;
    schemas_ = &(*components)["schemas"];
    definitions_.clear();
    for (const auto& [name, schema] : schemas_->items()) {
      const auto kinds = schema.find("x-kubernetes-group-version-kind");
      if (kinds == schema.end() || !kinds->is_array() || !schema.contains("properties") || !schema["properties"].contains("metadata")) continue;
      for (const auto& kind : *kinds) {
        const auto group = text(kind, "group");
        const auto version = text(kind, "version");
        set_.name(group.empty() ? version : group + "/" + version, text(kind, "kind"), definition(name));
      }
    }
  }

 private:
  const SchemaNode* definition(const std::string& name) {
    if (const auto known = definitions_.find(name); known != definitions_.end()) return known->second;
    auto& node = set_.create();
    definitions_.emplace(name, &node);
    if (name.ends_with(".api.resource.Quantity")) {
      node.format = SchemaNode::Format::Quantity;
    } else if (name.ends_with(".util.intstr.IntOrString")) {
      node.format = SchemaNode::Format::IntOrString;
    } else if (name.ends_with(".meta.v1.Time") || name.ends_with(".meta.v1.MicroTime")) {
      node.format = SchemaNode::Format::Time;
    } else if (const auto found = schemas_->find(name); found != schemas_->end()) {
      fill(node, *found);
    }
    return &node;
  }

  static std::string referenced(const json& schema) {
    auto name = text(schema, "$ref");
    if (const auto all = schema.find("allOf"); name.empty() && all != schema.end() && all->is_array() && all->size() == 1) name = text(all->front(), "$ref");
    return name.starts_with(kReference) ? name.substr(kReference.size()) : std::string();
  }

  const SchemaNode* value(const json& schema) {
    const auto name = referenced(schema);
    const bool atomic = text(schema, "x-kubernetes-map-type") == "atomic";
    const auto fallback = schema.value("default", json());
    if (!name.empty() && !atomic && !is_telling(fallback)) return definition(name);
    auto& node = set_.create();
    if (!name.empty()) {
      node.shape = definition(name);
      node.atomic = atomic;
      if (is_telling(fallback)) node.fallback = fallback;
    } else {
      fill(node, schema);
    }
    return &node;
  }

  void fill(SchemaNode& node, const json& schema) {
    if (!schema.is_object()) return;
    node.atomic = text(schema, "x-kubernetes-map-type") == "atomic";
    if (auto fallback = schema.value("default", json()); is_telling(fallback)) node.fallback = std::move(fallback);
    set_format(node, schema);
    if (const auto properties = schema.find("properties"); properties != schema.end() && properties->is_object()) {
      for (const auto& [name, member] : properties->items()) node.fields.emplace_back(name, value(member));
      std::sort(node.fields.begin(), node.fields.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      node.closed = !flag(schema, "x-kubernetes-preserve-unknown-fields") && !schema.contains("additionalProperties");
    }
    if (const auto free = schema.find("additionalProperties"); free != schema.end() && free->is_object()) {
      node.free_keys = node.fields.empty();
      node.element = value(*free);
    }
    if (const auto items = schema.find("items"); items != schema.end()) fill_list(node, schema, *items);
  }

  static void set_format(SchemaNode& node, const json& schema) {
    const auto format = text(schema, "format");
    if (flag(schema, "x-kubernetes-int-or-string") || format == "int-or-string") {
      const bool quantity = text(schema, "pattern").find("numkMGTPE") != std::string::npos;
      node.format = quantity ? SchemaNode::Format::Quantity : SchemaNode::Format::IntOrString;
    } else if (format == "byte") {
      node.format = SchemaNode::Format::Bytes;
    } else if (format == "date-time") {
      node.format = SchemaNode::Format::Time;
    }
  }

  void fill_list(SchemaNode& node, const json& schema, const json& items) {
    node.element = value(items);
    const auto type = text(schema, "x-kubernetes-list-type");
    node.list = type == "set" ? SchemaNode::List::Set : type == "map" ? SchemaNode::List::Keyed : SchemaNode::List::Atomic;
    if (type != "map") return;
    for (const auto& key : schema.value("x-kubernetes-list-map-keys", json::array())) {
      const auto name = key.get<std::string>();
      const auto* member = node.element->field(name);
      node.keys.push_back({name, member == nullptr ? json() : member->fallback});
    }
    std::sort(node.keys.begin(), node.keys.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  }

  SchemaSet& set_;
  const json* schemas_ = nullptr;
  std::map<std::string, const SchemaNode*> definitions_;
};

}  // namespace

const SchemaNode* SchemaNode::field(std::string_view name) const {
  const auto& all = body().fields;
  const auto found = std::lower_bound(all.begin(), all.end(), name, [](const auto& field, std::string_view wanted) { return field.first < wanted; });
  if (found != all.end() && found->first == name) return found->second;
  return all.empty() ? body().element : nullptr;
}

void SchemaSet::name(const std::string& api_version, const std::string& kind, const SchemaNode* node) {
  kinds_.insert_or_assign(api_version + ' ' + kind, node);
}

const SchemaNode* SchemaSet::find(const std::string& api_version, const std::string& kind) const {
  std::string key;
  key.reserve(api_version.size() + 1 + kind.size());
  key.append(api_version).append(1, ' ').append(kind);
  const auto found = kinds_.find(key);
  if (found != kinds_.end()) return found->second;
  return other_ == nullptr ? nullptr : other_->find(api_version, kind);
}

Result<std::unique_ptr<Schemas>> schemas_from_openapi(const std::vector<json>& documents) {
  auto set = std::make_unique<SchemaSet>();
  Loader loader(*set);
  try {
    for (const auto& document : documents) loader.add(document);
  } catch (const json::exception& wrong) {
    return Error{ErrorKind::InvalidInput, fmt::format("unexpected OpenAPI document: {}", wrong.what())};
  }
  set->fall_back_to(&built_in_schemas());
  return std::unique_ptr<Schemas>(std::move(set));
}

Result<std::unique_ptr<Schemas>> load_openapi_directory(const std::string& directory) {
  std::error_code failed;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  if (failed) return Error{ErrorKind::NotFound, fmt::format("{}: {}", directory, failed.message())};
  if (paths.empty()) return Error{ErrorKind::NotFound, fmt::format("{}: no *.json in it; expected OpenAPI v3 documents", directory)};
  std::sort(paths.begin(), paths.end());
  std::vector<json> documents;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    auto document = json::parse(std::string(std::istreambuf_iterator<char>(file), {}), nullptr, false);
    if (!document.is_object()) return Error{ErrorKind::InvalidInput, fmt::format("{}: not a JSON object", path.string())};
    documents.push_back(std::move(document));
  }
  return schemas_from_openapi(documents);
}

}  // namespace driftwarden
