#include "integrations/sandbox/cluster/go_value.hpp"

#include "integrations/sandbox/cluster/quantity.hpp"

#include <fmt/core.h>

namespace driftwarden::sandbox::cluster {
namespace {

Json zero_of(const TypeRef& type);

class RoundTrip {
 public:
  explicit RoundTrip(Decoding& out) : out_(out) {}

  void structure(const TypeDef& def, Json& value, const std::string& path, bool top) {
    for (auto at = value.begin(); at != value.end();) {
      const Field* field = def.find(at.key());
      if (field == nullptr) {
        const bool keep = def.open || (top && (at.key() == "apiVersion" || at.key() == "kind"));
        if (!keep) out_.unknown.push_back(join(path, at.key()));
        at = keep ? std::next(at) : value.erase(at);
        continue;
      }
      owner_ = def.name;
      convert(field->type, at.value(), join(path, at.key()), field->always);
      const bool drop = at->is_null() ? !field->always : (!field->pointer && !field->always && is_zero(field->type, *at));
      at = drop ? value.erase(at) : std::next(at);
    }
    for (const auto& field : def.fields) {
      if (field.always && !value.contains(field.name)) value[field.name] = zero_of(field.type);
    }
  }

 private:
  static std::string join(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

  void wrong(const Json& value, const std::string& path, const char* go_type) {
    if (!out_.error.empty()) return;
    const std::string kind = value.is_number() ? "number" : value.is_boolean() ? "bool" : value.type_name();
    const std::string what = value.is_number() && std::string_view(go_type) != "string" ? "number " + value.dump() : kind;
    out_.error = fmt::format("json: cannot unmarshal {} into Go struct field {}.{} of type {}", what, owner_, path, go_type);
  }

  void convert(const TypeRef& type, Json& value, const std::string& path, bool always) {
    if (value.is_null()) {
      if (always) value = zero_of(type);
      return;
    }
    switch (type.shape) {
      case Shape::String:
        if (!value.is_string()) wrong(value, path, "string");
        return;
      case Shape::Int32:
      case Shape::Int64:
        if (!value.is_number_integer()) wrong(value, path, type.shape == Shape::Int32 ? "int32" : "int64");
        return;
      case Shape::Bool:
        if (!value.is_boolean()) wrong(value, path, "bool");
        return;
      case Shape::Float:
        if (!value.is_number()) wrong(value, path, "float64");
        return;
      case Shape::IntOrString:
        if (!value.is_string() && !value.is_number_integer()) wrong(value, path, "intstr.IntOrString");
        return;
      case Shape::Time:
      case Shape::MicroTime:
      case Shape::Bytes:
        if (!value.is_string()) wrong(value, path, type.shape == Shape::Bytes ? "[]uint8" : "string");
        return;
      case Shape::Quantity: quantity(value); return;
      case Shape::Struct:
        if (!value.is_object()) return wrong(value, path, type.def->name.c_str());
        structure(*type.def, value, path, false);
        return;
      case Shape::List: list(type, value, path); return;
      case Shape::Map: map(type, value, path); return;
      case Shape::Opaque:
      case Shape::Untyped: return;
    }
  }

  void quantity(Json& value) {
    const auto text = value.is_string() ? value.get<std::string>() : value.dump();
    const auto canonical = text.empty() ? std::optional<std::string>("0") : canonical_quantity(text);
    if (canonical) {
      value = *canonical;
    } else if (out_.error.empty()) {
      out_.error = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    }
  }

  void list(const TypeRef& type, Json& value, const std::string& path) {
    if (!value.is_array()) return wrong(value, path, "[]string");
    for (std::size_t i = 0; i < value.size(); ++i) {
      convert(*type.element, value[i], fmt::format("{}[{}]", path, i), true);
      if (value[i].is_null()) value[i] = zero_of(*type.element);
    }
  }

  void map(const TypeRef& type, Json& value, const std::string& path) {
    if (!value.is_object()) return wrong(value, path, "map[string]string");
    for (auto& [key, item] : value.items()) convert(*type.element, item, path + "." + key, true);
  }

  static bool is_zero(const TypeRef& type, const Json& value) {
    switch (type.shape) {
      case Shape::String:
      case Shape::Bytes: return value.is_string() && value.get_ref<const std::string&>().empty();
      case Shape::Int32:
      case Shape::Int64:
      case Shape::Float: return value.is_number() && value == 0;
      case Shape::Bool: return value.is_boolean() && !value.get<bool>();
      case Shape::List:
      case Shape::Map: return value.empty();
      default: return false;
    }
  }

  Decoding& out_;
  std::string owner_;
};

Json zero_of(const TypeRef& type) {
  switch (type.shape) {
    case Shape::String:
    case Shape::Bytes: return "";
    case Shape::Int32:
    case Shape::Int64:
    case Shape::IntOrString:
    case Shape::Float: return 0;
    case Shape::Bool: return false;
    case Shape::Quantity: return "0";
    case Shape::Struct: {
      Json out = Json::object();
      for (const auto& field : type.def->fields) {
        if (field.always) out[field.name] = zero_of(field.type);
      }
      return out;
    }
    default: return nullptr;
  }
}

}  // namespace

Decoding round_trip(const TypeDef& def, Json& value) {
  Decoding out;
  RoundTrip(out).structure(def, value, "", true);
  return out;
}

}  // namespace driftwarden::sandbox::cluster
