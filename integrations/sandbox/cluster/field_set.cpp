#include "integrations/sandbox/cluster/field_set.hpp"

#include <fmt/core.h>

namespace driftwarden::sandbox::cluster {

std::string print_path(const FieldPath& path) {
  std::string out;
  for (const auto& element : path) {
    const std::string rest = element.substr(2);
    if (element[0] == 'f') {
      out += "." + rest;
    } else if (element[0] == 'k') {
      const Json keys = Json::parse(rest, nullptr, false);
      std::string inner;
      for (const auto& [key, value] : keys.items()) inner += fmt::format("{}{}={}", inner.empty() ? "" : ",", key, value.dump());
      out += "[" + inner + "]";
    } else if (element[0] == 'v') {
      out += "[=" + rest + "]";
    } else {
      out += "[" + rest + "]";
    }
  }
  return out;
}

FieldSet FieldSet::from_json(const Json& fields) {
  FieldSet set;
  if (!fields.is_object()) return set;
  for (const auto& [key, value] : fields.items()) {
    if (key == ".") continue;
    Node node;
    node.member = value.empty() || value.contains(".");
    node.children = from_json(value);
    set.nodes_.emplace(key, std::move(node));
  }
  return set;
}

Json FieldSet::to_json() const {
  Json out = Json::object();
  for (const auto& [element, node] : nodes_) {
    Json below = node.children.to_json();
    if (node.member && !below.empty()) below["."] = Json::object();
    out[element] = std::move(below);
  }
  return out;
}

void FieldSet::insert(const FieldPath& path) {
  FieldSet* at = this;
  for (std::size_t i = 0; i < path.size(); ++i) {
    Node& node = at->nodes_[path[i]];
    if (i + 1 == path.size()) node.member = true;
    at = &node.children;
  }
}

bool FieldSet::has(const FieldPath& path) const {
  const FieldSet* at = this;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto found = at->nodes_.find(path[i]);
    if (found == at->nodes_.end()) return false;
    if (i + 1 == path.size()) return found->second.member;
    at = &found->second.children;
  }
  return false;
}

bool FieldSet::has_member(const std::string& element) const {
  const auto found = nodes_.find(element);
  return found != nodes_.end() && found->second.member;
}

const FieldSet* FieldSet::below(const std::string& element) const {
  const auto found = nodes_.find(element);
  return found == nodes_.end() || found->second.children.empty() ? nullptr : &found->second.children;
}

void FieldSet::prune(const std::string& element) {
  const auto found = nodes_.find(element);
  if (found != nodes_.end() && !found->second.member && found->second.children.empty()) nodes_.erase(found);
}

FieldSet FieldSet::operator|(const FieldSet& other) const {
  FieldSet out = *this;
  for (const auto& [element, node] : other.nodes_) {
    Node& mine = out.nodes_[element];
    mine.member = mine.member || node.member;
    mine.children = mine.children.empty() ? node.children : mine.children | node.children;
  }
  return out;
}

FieldSet FieldSet::operator-(const FieldSet& other) const {
  FieldSet out = *this;
  for (const auto& [element, node] : other.nodes_) {
    const auto found = out.nodes_.find(element);
    if (found == out.nodes_.end()) continue;
    if (node.member) found->second.member = false;
    found->second.children = found->second.children - node.children;
    out.prune(element);
  }
  return out;
}

FieldSet FieldSet::operator&(const FieldSet& other) const {
  FieldSet out;
  for (const auto& [element, node] : nodes_) {
    const auto found = other.nodes_.find(element);
    if (found == other.nodes_.end()) continue;
    Node both;
    both.member = node.member && found->second.member;
    both.children = node.children & found->second.children;
    if (both.member || !both.children.empty()) out.nodes_.emplace(element, std::move(both));
  }
  return out;
}

FieldSet FieldSet::without_recursive(const FieldSet& other) const {
  FieldSet out = *this;
  for (const auto& [element, node] : other.nodes_) {
    const auto found = out.nodes_.find(element);
    if (found == out.nodes_.end()) continue;
    if (node.member) {
      out.nodes_.erase(found);
      continue;
    }
    found->second.children = found->second.children.without_recursive(node.children);
    out.prune(element);
  }
  return out;
}

void FieldSet::visit_nodes(FieldPath& path, const std::function<void(const FieldPath&)>& visit) const {
  for (const auto& [element, node] : nodes_) {
    path.push_back(element);
    if (node.member) visit(path);
    node.children.visit_nodes(path, visit);
    path.pop_back();
  }
}

void FieldSet::for_each(const std::function<void(const FieldPath&)>& visit) const {
  FieldPath path;
  visit_nodes(path, visit);
}

}  // namespace driftwarden::sandbox::cluster
