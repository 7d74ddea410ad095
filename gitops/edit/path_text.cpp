#include "gitops/edit/path_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

namespace driftwarden {
namespace {

using nlohmann::json;
using Kind = ValueStep::Kind;

std::string keys_text(const ValueStep& step) {
  std::string out;
  for (const auto& [name, value] : step.keys) out += (out.empty() ? "" : ",") + name + "=" + value;
  return out;
}

/// The JSON text of a string without its quotes, anything else as it is.
std::string unquoted(const std::string& text) {
  const auto value = json::parse(text, nullptr, false);
  return value.is_string() ? value.get<std::string>() : text;
}

}  // namespace

std::string field_text(std::string_view name) {
  const bool simple = !name.empty() && name.find_first_of(".[]\"") == std::string_view::npos;
  return simple ? "." + std::string(name) : "[" + json(std::string(name)).dump() + "]";
}

std::string path_text(const std::vector<ValueStep>& steps) {
  std::string out;
  for (const auto& step : steps) {
    if (step.kind == Kind::Field) out += field_text(step.name);
    if (step.kind == Kind::Index) out += "[" + std::to_string(step.index) + "]";
    if (step.kind == Kind::SetValue) out += "[=" + step.value + "]";
    if (step.kind == Kind::Element) out += "[" + keys_text(step) + "]";
  }
  return out;
}

std::string shown_path(std::string_view path) {
  const auto steps = parse_value_path(path);
  if (!steps) return std::string(path);
  std::string out;
  for (const auto& step : *steps) {
    if (step.kind == Kind::Field) {
      const auto text = field_text(step.name);
      out += out.empty() && text.front() == '.' ? text.substr(1) : text;
    } else if (step.kind == Kind::Element) {
      out += "[" + unquoted(step.keys.front().second) + "]";
    } else {
      out += step.kind == Kind::Index ? "[" + std::to_string(step.index) + "]" : "[=" + step.value + "]";
    }
  }
  return out;
}

const json* find_value(const json& value, const std::string& path) {
  if (path.empty()) return &value;
  const auto pointer = json_pointer(value, path);
  return pointer ? &value[json::json_pointer(*pointer)] : nullptr;
}

std::string text_member(const json& value, const char* name) {
  if (!value.is_object()) return {};
  const auto found = value.find(name);
  return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string join_path(const std::string& directory, const std::string& file) {
  auto joined = (std::filesystem::path(directory) / file).lexically_normal().generic_string();
  while (joined.ends_with('/')) joined.pop_back();
  return joined == "." ? "" : joined;
}

bool is_inside(const std::string& path, const std::string& directory) {
  const auto normal = join_path("", path);
  if (normal.empty() || normal.front() == '/' || normal == ".." || normal.starts_with("../")) return false;
  const auto root = join_path("", directory);
  return root.empty() || normal.starts_with(root + "/");
}

}  // namespace driftwarden
