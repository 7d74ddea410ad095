#include "gitops/edit/chart_values.hpp"

#include "gitops/edit/path_text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

/// As Helm merges values files: maps into maps, null removes, all else replaces.
void merge(json& into, const json& from) {
  if (!from.is_object()) return;
  if (!into.is_object()) into = json::object();
  for (const auto& [name, value] : from.items()) {
    if (value.is_null() && into.contains(name)) {
      into.erase(name);
    } else if (value.is_object() && into.contains(name) && into[name].is_object()) {
      merge(into[name], value);
    } else {
      into[name] = value;
    }
  }
}

/// "image.tag", "nodeSelector.kubernetes\.io/role", "list[0].name" as --set reads them.
std::string set_path(const std::string& key) {
  std::string out;
  std::string name;
  const auto flush = [&] {
    if (!name.empty()) out += field_text(name);
    name.clear();
  };
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] == '\\' && i + 1 < key.size()) {
      name += key[++i];
    } else if (key[i] == '.') {
      flush();
    } else if (key[i] == '[') {
      flush();
      const auto end = std::min(key.find(']', i), key.size() - 1);
      out += key.substr(i, end + 1 - i);
      i = end;
    } else {
      name += key[i];
    }
  }
  flush();
  return out;
}

Result<void> read_values(const EditedTree& tree, const std::string& path, json& out) {
  TRY(const auto text, tree.read(path));
  TRY(auto documents, parse_yaml(text, path));
  if (!documents.empty()) out = std::move(documents.front());
  return {};
}

void collect(const json& value, const std::string& path, std::vector<std::string> names, std::vector<ValueKey>& out) {
  if (!path.empty()) out.push_back({path, names, &value});
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      auto inner = names;
      inner.push_back(name);
      collect(member, path + field_text(name), std::move(inner), out);
    }
  } else if (value.is_array() && !path.empty()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      const auto name = text_member(value[i], "name");
      const auto step = name.empty() ? fmt::format("[{}]", i) : "[name=" + json(name).dump() + "]";
      collect(value[i], path + step, names, out);
    }
  }
}

}  // namespace

Result<ChartValues> ChartValues::read(const AppSource& source, const EditedTree& tree) {
  ChartValues values;
  const auto chart_file = join_path(source.path, "values.yaml");
  std::vector<std::string> files;
  if (tree.has(chart_file)) files.push_back(chart_file);
  for (const auto& name : source.helm.values) {
    const auto path = join_path(source.path, name);
    std::erase(files, path);
    files.push_back(path);
  }
  if (files.empty()) files.push_back(chart_file);
  values.below_ = json::object();
  values.own_ = json::object();
  for (const auto& path : files) {
    const bool last = path == files.back();
    auto value = json::object();
    const auto read = read_values(tree, path, value);
    const bool may_lack = last && path == chart_file && read.has_error() && read.error().kind == ErrorKind::NotFound;
    if (!read && !may_lack) return wrap("reading the chart's values", read.error());
    if (last) {
      values.own_ = std::move(value);
    } else {
      merge(values.below_, value);
    }
  }
  values.merged_ = values.below_;
  merge(values.merged_, values.own_);
  values.file_ = is_own(source, files.back()) ? files.back() : "";
  CHECK_OK(values.lay_over(source.helm));
  return values;
}

/// What wins over every values file.
Result<void> ChartValues::lay_over(const HelmSource& helm) {
  if (!helm.inline_values.empty()) {
    TRY(const auto documents, parse_yaml(helm.inline_values, "values"));
    const auto value = documents.empty() ? json::object() : documents.front();
    merge(merged_, value);
    std::vector<ValueKey> said;
    collect(value, "", {}, said);
    for (const auto& key : said) {
      if (!key.value->is_object()) set_.emplace_back(key.path, key.path.substr(1));
    }
  }
  for (const auto* set : {&helm.set, &helm.set_string}) {
    for (const auto& [key, value] : *set) {
      const auto path = set_path(key);
      const json text(value);
      if (!path.empty() && set_value(merged_, path, &text)) set_.emplace_back(path, key);
    }
  }
  return {};
}

std::vector<ValueKey> ChartValues::keys() const {
  std::vector<ValueKey> out;
  collect(merged_, "", {}, out);
  return out;
}

std::string ChartValues::set_by_config(const std::string& path) const {
  const auto covers = [](const std::string& above, const std::string& below) {
    return below.starts_with(above) && (below.size() == above.size() || below[above.size()] == '.' || below[above.size()] == '[');
  };
  for (const auto& [set, key] : set_) {
    if (covers(set, path) || covers(path, set)) return key;
  }
  return {};
}

ValueEdit ChartValues::edit_for(const std::string& path, const json* value) const {
  // Helm can't take a value of an earlier file away but by null.
  const bool hide = value == nullptr && find_value(below_, path) != nullptr;
  const json null;
  const auto* written = hide ? &null : value;
  ValueEdit edit{path, written == nullptr ? std::nullopt : std::optional(written->dump())};
  const auto steps = parse_value_path(path);
  if (!steps) return edit;
  for (std::size_t i = 0; i < steps->size(); ++i) {
    if ((*steps)[i].kind == ValueStep::Kind::Field) continue;
    const auto list = path_text({steps->begin(), steps->begin() + static_cast<std::ptrdiff_t>(i)});
    if (find_value(own_, list) != nullptr) return {path, value == nullptr ? std::nullopt : std::optional(value->dump())};
    auto all = merged_;
    if (!set_value(all, path, value)) return edit;
    const auto* whole = find_value(all, list);
    return whole == nullptr ? edit : ValueEdit{list, whole->dump()};
  }
  return edit;
}

}  // namespace driftwarden
