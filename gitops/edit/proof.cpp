#include "gitops/edit/proof.hpp"

#include "gitops/edit/path_text.hpp"
#include "gitops/manifest/value_path.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

Result<void> set(json& body, const ValueEdit& edit) {
  if (!edit.json) return set_value(body, edit.path, nullptr);
  const auto value = json::parse(*edit.json, nullptr, false);
  if (value.is_discarded()) return Error{ErrorKind::InvalidInput, fmt::format("the new value of {} is not JSON", edit.path)};
  return set_value(body, edit.path, &value);
}

/// An edit of a list's key is found where its element was, not under its old name.
bool has_value(const json& body, const Target& target) {
  const auto& edit = target.edit;
  const auto* found = find_value(body, edit.path);
  if (!edit.json) return found == nullptr;
  const auto wanted = json::parse(*edit.json, nullptr, false);
  if (found != nullptr) return *found == wanted;
  const auto pointer = json_pointer(*target.before, edit.path);
  if (!pointer) return false;
  const json::json_pointer position(*pointer);
  return body.contains(position) && body[position] == wanted;
}

std::string first_difference(const json& wanted, const json& got) {
  const auto patch = json::diff(wanted, got);
  return patch.empty() ? "" : patch.front().value("path", "");
}

/// Lists that the edit adds an element to: where it stands there is the renderer's choice.
std::vector<std::string> grown_lists(const Target& target) {
  std::vector<std::string> out;
  const auto steps = parse_value_path(target.edit.path);
  if (!steps) return out;
  for (std::size_t i = 0; i < steps->size(); ++i) {
    if ((*steps)[i].kind != ValueStep::Kind::Element) continue;
    const auto end = steps->begin() + static_cast<std::ptrdiff_t>(i);
    if (find_value(*target.before, path_text({steps->begin(), end + 1})) == nullptr) out.push_back(path_text({steps->begin(), end}));
  }
  return out;
}

void sort_lists(json& body, const std::vector<std::string>& lists) {
  for (const auto& path : lists) {
    const auto pointer = json_pointer(body, path);
    if (!pointer) continue;
    auto& list = body[json::json_pointer(*pointer)];
    if (list.is_array()) std::sort(list.begin(), list.end());
  }
}

std::string name_of(const json& body) { return to_string(ref_of(body)); }

}  // namespace

bool is_final(const Error& error) { return error.kind != ErrorKind::InvalidInput; }

Result<Proof> Proof::make(const AppSource& source, const std::vector<WantedValue>& wanted) {
  Proof proof(source);
  for (const auto& manifest : source.rendered) proof.current_[object_id(manifest.ref)] = manifest.body;
  proof.expected_ = proof.current_;
  for (const auto& object : wanted) {
    const auto found = proof.expected_.find(object_id(object.object));
    if (found == proof.expected_.end())
      return Error{ErrorKind::NotFound, fmt::format("{} is not among the objects of {}", to_string(object.object), source.path)};
    auto body = *found->second;
    for (const auto& edit : object.edits) {
      if (auto done = set(body, edit); !done) return wrap(to_string(object.object), done.error());
    }
    found->second = std::make_shared<const json>(std::move(body));
  }
  for (const auto& object : wanted) {
    const auto id = object_id(object.object);
    for (const auto& edit : object.edits) proof.targets_.push_back({object.object, edit, proof.current_[id], proof.expected_[id]});
  }
  return proof;
}

bool Proof::holds(std::size_t target) const {
  const auto found = current_.find(object_id(targets_[target].object));
  return found != current_.end() && has_value(*found->second, targets_[target]);
}

Result<void> Proof::check(const EditedTree& tree, const std::vector<bool>& done) {
  ++renders_;
  TRY(const auto rendered, source_->render_with(tree.edits()));
  Objects objects;
  for (const auto& manifest : rendered) objects[object_id(manifest.ref)] = manifest.body;
  CHECK_OK(compare(objects, done));
  current_ = std::move(objects);
  return {};
}

Result<void> Proof::compare(const Objects& objects, const std::vector<bool>& done) const {
  auto completed = objects;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const auto& target = targets_[i];
    const auto found = completed.find(object_id(target.object));
    if (found == completed.end()) return Error{ErrorKind::InvalidInput, fmt::format("{} would be gone", to_string(target.object))};
    if (has_value(*found->second, target)) continue;
    if (done[i]) return Error{ErrorKind::InvalidInput, fmt::format("{} of {} would not become what was asked", target.edit.path, to_string(target.object))};
    auto body = *found->second;
    CHECK_OK(set(body, target.edit));
    found->second = std::make_shared<const json>(std::move(body));
  }
  for (const auto& [id, body] : expected_) {
    const auto found = completed.find(id);
    if (found == completed.end()) return Error{ErrorKind::InvalidInput, fmt::format("{} would be gone", name_of(*body))};
    if (*found->second == *body) continue;
    auto wanted = *body;
    auto got = *found->second;
    for (const auto& target : targets_) {
      if (object_id(target.object) != id) continue;
      const auto lists = grown_lists(target);
      sort_lists(wanted, lists);
      sort_lists(got, lists);
    }
    if (wanted == got) continue;
    return Error{ErrorKind::InvalidInput, fmt::format("{} would also change at {}", name_of(*body), first_difference(wanted, got))};
  }
  for (const auto& [id, body] : completed) {
    if (!expected_.contains(id)) return Error{ErrorKind::InvalidInput, fmt::format("{} would be new", name_of(*body))};
  }
  return {};
}

}  // namespace driftwarden
