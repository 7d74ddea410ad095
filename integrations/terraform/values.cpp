#include "integrations/terraform/values.hpp"

#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"
#include "gitops/manifest/manifest.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::terraform {
namespace {

using nlohmann::json;

constexpr std::size_t kShortestSecret = 6;   ///< shorter ones would hide half of every plan
constexpr std::size_t kLongestText = 300;    ///< of one string
constexpr std::size_t kLongestValue = 1500;  ///< of one field's JSON
constexpr std::size_t kMostFields = 60;      ///< of one resource

const json& null_value() {
  static const json null;
  return null;
}

/// The part of marks that is about member `key`; true is about everything below.
const json& below(const json& marks, const std::string& key) {
  if (marks.is_boolean()) return marks;
  if (!marks.is_object()) return null_value();
  const auto found = marks.find(key);
  return found == marks.end() ? null_value() : *found;
}
const json& below(const json& marks, std::size_t index) {
  if (marks.is_boolean()) return marks;
  return marks.is_array() && index < marks.size() ? marks[index] : null_value();
}

bool is_true(const json& marks) { return marks.is_boolean() && marks.get<bool>(); }
bool any_true(const json& marks) {
  if (marks.is_structured()) return std::ranges::any_of(marks, [](const json& item) { return any_true(item); });
  return is_true(marks);
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; }
std::string member_path(const std::string& path, const std::string& key) {
  const bool plain = !key.empty() && std::ranges::all_of(key, is_word);
  return plain ? path + "." + key : path + "[" + json_quoted(key) + "]";
}

bool all_scalars(const json& list) {
  return std::ranges::none_of(list, [](const json& item) { return item.is_structured(); });
}

/// null and "isn't there" are one thing to Terraform; so are they to us.
bool is_absent(const json& value) { return value.is_null(); }

struct At {
  const json& value;
  const json& sensitive;
  const json& unknown;
};

At member(const At& at, const std::string& key) {
  const bool has = at.value.is_object() && at.value.contains(key);
  return {has ? at.value.at(key) : null_value(), below(at.sensitive, key), below(at.unknown, key)};
}
At member(const At& at, std::size_t index) {
  const bool has = at.value.is_array() && index < at.value.size();
  return {has ? at.value[index] : null_value(), below(at.sensitive, index), below(at.unknown, index)};
}

class Differ {
 public:
  explicit Differ(const SensitiveTexts& secrets) : secrets_(secrets) {}

  void compare(const std::string& path, bool secret_name, const At& before, const At& after) {
    if (found_.size() >= kMostFields) return;
    if (is_true(after.unknown)) return add(path, secret_name, before, after);
    if (before.value == after.value && !any_true(after.unknown)) return;
    const bool hidden = is_true(before.sensitive) || is_true(after.sensitive);
    if (hidden || is_absent(before.value) || (is_absent(after.value) && !any_true(after.unknown))) return add(path, secret_name, before, after);
    if (before.value.is_object() && (after.value.is_object() || after.unknown.is_object())) return members(path, secret_name, before, after);
    if (before.value.is_array() && (after.value.is_array() || after.unknown.is_array())) return elements(path, secret_name, before, after);
    add(path, secret_name, before, after);
  }

  std::vector<FieldDrift> take() {
    const auto is_unknown = [](const FieldDrift& field) { return field.desired == json(kUnknown).dump(); };
    if (std::ranges::any_of(found_, [&](const FieldDrift& field) { return !is_unknown(field); })) std::erase_if(found_, is_unknown);
    return std::move(found_);
  }

 private:
  void members(const std::string& path, bool secret_name, const At& before, const At& after) {
    std::set<std::string> keys;
    for (const auto* side : {&before.value, &after.value, &after.unknown}) {
      if (!side->is_object()) continue;
      for (const auto& [key, ignored] : side->items()) keys.insert(key);
    }
    for (const auto& key : keys) {
      compare(member_path(path, key), secret_name || Redactor::is_sensitive_name(key), member(before, key), member(after, key));
    }
  }

  void elements(const std::string& path, bool secret_name, const At& before, const At& after) {
    const auto& list = after.value.is_array() ? after.value : null_value();
    const auto size = std::max({before.value.size(), list.size(), after.unknown.is_array() ? after.unknown.size() : 0});
    const bool plain = all_scalars(before.value) && (list.is_null() || all_scalars(list)) && !any_true(after.unknown);
    if (plain && !any_true(before.sensitive) && !any_true(after.sensitive)) return add(path, secret_name, before, after);
    for (std::size_t i = 0; i < size; ++i) compare(fmt::format("{}[{}]", path, i), secret_name, member(before, i), member(after, i));
  }

  void add(const std::string& path, bool secret_name, const At& before, const At& after) {
    FieldDrift field;
    field.path = path.empty() ? "." : path;
    field.live = shown(before, secret_name);
    field.desired = shown(after, secret_name);
    if (!field.live && !field.desired) return;
    field.op = FieldOp::Changed;
    if (!field.live) field.op = FieldOp::Removed;
    if (!field.desired) field.op = FieldOp::Added;
    found_.push_back(std::move(field));
  }

  std::optional<std::string> shown(const At& at, bool secret_name) const {
    auto value = fit(at, secret_name);
    if (value.is_null()) return std::nullopt;
    auto text = value.dump(-1, ' ', false, json::error_handler_t::replace);
    if (text.size() <= kLongestValue) return text;
    return json(fmt::format("({} of {} bytes)", value.is_array() ? "a list" : "a value", text.size())).dump();
  }

  json fit(const At& at, bool secret_name) const {
    if (is_true(at.unknown)) return kUnknown;
    if (is_true(at.sensitive)) return at.value.is_null() ? json() : json(kSensitive);
    if (at.value.is_object() || (at.value.is_null() && at.unknown.is_object() && any_true(at.unknown))) return fit_object(at, secret_name);
    if (at.value.is_array()) {
      auto list = json::array();
      for (std::size_t i = 0; i < at.value.size(); ++i) list.push_back(fit(member(at, i), secret_name));
      return list;
    }
    return fit_scalar(at.value, secret_name);
  }

  json fit_object(const At& at, bool secret_name) const {
    auto object = json::object();
    for (const auto* side : {&at.value, &at.unknown}) {
      if (!side->is_object()) continue;
      for (const auto& [key, ignored] : side->items()) {
        if (object.contains(key)) continue;
        auto item = fit(member(at, key), secret_name || Redactor::is_sensitive_name(key));
        if (!item.is_null()) object[key] = std::move(item);
      }
    }
    return object;
  }

  json fit_scalar(const json& value, bool secret_name) const {
    if (value.is_null() || value.is_boolean()) return value;
    if (secret_name && value != "") return kSensitive;
    if (value.is_number()) return secrets_.is_in(value.dump()) ? json(kSensitive) : value;
    const auto& text = value.get_ref<const std::string&>();
    if (secrets_.is_in(text) || looks_secret(text)) return kSensitive;
    return ellipsize(hide_secrets(text), kLongestText);
  }

  const SensitiveTexts& secrets_;
  std::vector<FieldDrift> found_;
};

const json& or_null(const json* value) { return value == nullptr ? null_value() : *value; }

}  // namespace

void SensitiveTexts::add_all(const json& value) {
  if (value.is_structured()) {
    for (const auto& item : value) add_all(item);
    return;
  }
  auto text = value.is_string() ? value.get<std::string>() : value.is_number() ? value.dump() : std::string();
  if (text.size() >= kShortestSecret) texts_.insert(std::move(text));
}

void SensitiveTexts::collect(const json& value, const json& marks) {
  if (is_true(marks)) return add_all(value);
  if (marks.is_object() && value.is_object()) {
    for (const auto& [key, item] : value.items()) collect(item, below(marks, key));
  }
  if (marks.is_array() && value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) collect(value[i], below(marks, i));
  }
}

bool SensitiveTexts::is_in(std::string_view text) const {
  return std::ranges::any_of(texts_, [&](const std::string& secret) { return text.find(secret) != std::string_view::npos; });
}

std::vector<FieldDrift> differing_fields(const Side& before, const Side& after, const SensitiveTexts& secrets) {
  Differ differ(secrets);
  differ.compare("", false, {or_null(before.value), or_null(before.sensitive), or_null(before.unknown)},
                 {or_null(after.value), or_null(after.sensitive), or_null(after.unknown)});
  return differ.take();
}

bool paths_meet(std::string_view a, std::string_view b) {
  const auto& shorter = a.size() <= b.size() ? a : b;
  const auto& longer = a.size() <= b.size() ? b : a;
  return longer.starts_with(shorter) && (longer.size() == shorter.size() || longer[shorter.size()] == '.' || longer[shorter.size()] == '[');
}

}  // namespace driftwarden::terraform
