#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/manifest/secret_fields.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

using nlohmann::json;
constexpr const char* kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/// Base64 is hashed by what it holds, so that data and stringData of equal meaning look equal.
std::string plain_bytes(const std::string& text) {
  auto bytes = base64_decode(text);
  return bytes ? *std::move(bytes) : text;
}

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

bool is_redacted(const json& value) { return value.is_string() && value.get_ref<const std::string&>().starts_with("hmac:"); }

class Pass {
 public:
  explicit Pass(const Redactor& redactor) : redactor_(redactor) {}

  void object(json& value) {
    if (!value.is_object()) return named_values(value);
    const auto kind = value.value("kind", json());
    if (kind == "Secret") {
      map(value, "data", true, true);
      map(value, "stringData", true, false);
      last_applied(value, true);
      return;
    }
    if (kind == "ConfigMap") {
      map(value, "data", false, false);
      map(value, "binaryData", false, true);
    }
    last_applied(value, false);
    if (const auto items = value.find("items"); items != value.end() && items->is_array()) {
      for (auto& item : *items) object(item);
    }
    named_values(value);
  }

  /// Environment variables, fields of custom resources, arguments and addresses, wherever they stand.
  void named_values(json& value) {
    if (value.is_object()) {
      variable(value);
      for (auto& [key, member] : value.items()) {
        if (is_secret_field(key)) field(member);
        if ((key == "args" || key == "command") && member.is_array()) arguments(member);
        named_values(member);
      }
    } else if (value.is_array()) {
      for (auto& item : value) named_values(item);
    } else if (value.is_string()) {
      credentials(value);
    }
  }

 private:
  void variable(json& value) {
    const auto name = value.find("name");
    const auto text = value.find("value");
    if (name == value.end() || !name->is_string() || text == value.end() || is_redacted(*text)) return;
    const auto& words = name->get_ref<const std::string&>();
    if (Redactor::is_sensitive_name(words) || is_secret_field(words)) *text = redactor_.digest(text_of(*text));
  }

  void field(json& value) {
    if (is_redacted(value) || !(value.is_string() || value.is_number())) return;
    if (value.is_string() && (value.get_ref<const std::string&>().empty() || is_reference(value.get_ref<const std::string&>()))) return;
    value = redactor_.digest(text_of(value));
  }

  /// What the shell or a chart fills in.
  static bool is_reference(const std::string& text) { return (text.starts_with("$(") && text.ends_with(")")) || (text.starts_with("${") && text.ends_with("}")); }

  /// "--api-token x" and "--api-token=x".
  void arguments(json& list) {
    bool value_follows = false;
    for (auto& item : list) {
      if (!item.is_string()) {
        value_follows = false;
        continue;
      }
      auto& text = item.get_ref<std::string&>();
      const auto equals = text.find('=');
      if (value_follows && !text.starts_with('-')) {
        field(item);
        value_follows = false;
        continue;
      }
      const bool secret = is_secret_flag(text);
      value_follows = secret && equals == std::string::npos;
      if (!secret || equals == std::string::npos) continue;
      json value = text.substr(equals + 1);
      field(value);
      text = text.substr(0, equals + 1) + value.get<std::string>();
    }
  }

  void credentials(json& value) {
    const auto& text = value.get_ref<const std::string&>();
    if (is_redacted(value) || !looks_secret(text)) return;
    value = replace_credentials(text, [this](std::string_view secret) { return secret.starts_with("hmac:") ? std::string(secret) : redactor_.digest(secret); });
  }

  void map(json& object, const char* member, bool all, bool encoded) {
    const auto found = object.find(member);
    if (found == object.end()) return;
    if (!found->is_object()) {
      if (all && !found->is_null()) *found = redactor_.digest(found->dump());
      return;
    }
    for (auto& [key, value] : found->items()) {
      if ((!all && !Redactor::is_sensitive_name(key)) || is_redacted(value)) continue;
      const auto text = text_of(value);
      value = redactor_.digest(encoded ? plain_bytes(text) : text);
    }
  }

  void last_applied(json& object, bool whole) {
    const auto metadata = object.find("metadata");
    if (metadata == object.end() || !metadata->is_object()) return;
    const auto annotations = metadata->find("annotations");
    if (annotations == metadata->end() || !annotations->is_object()) return;
    for (auto& [name, value] : annotations->items()) {
      if (!is_redacted(value)) annotation(name, value, whole);
    }
  }

  /// Tools keep the whole object in one: kubectl as JSON, kapp too, Rancher packed. Of a Secret nothing of that kind is shown.
  void annotation(const std::string& name, json& value, bool whole) {
    constexpr std::size_t kLongestOfSecret = 200;
    const auto text = text_of(value);
    const bool is_json = text.starts_with('{') || text.starts_with('[');
    const bool packed = name.ends_with("/applied") || name.ends_with("/original");
    if (name != kLastApplied && !is_json && !packed && !(whole && text.size() > kLongestOfSecret)) return;
    auto inner = whole || !is_json ? json(json::value_t::discarded) : json::parse(text, nullptr, false);
    if (!inner.is_structured()) {
      // Broken JSON of an annotation that nobody knows stays as it is written.
      if (whole || packed || name == kLastApplied) value = redactor_.digest(text);
      return;
    }
    auto redacted = inner;
    this->object(redacted);
    if (redacted != inner || name == kLastApplied) value = redacted.dump(-1, ' ', false, json::error_handler_t::replace);
  }

  const Redactor& redactor_;
};

}  // namespace

std::string Redactor::digest(std::string_view value) const { return "hmac:" + hmac_sha256_hex(key_, value).substr(0, 10); }

json Redactor::redact(const json& object) const {
  auto copy = object;
  Pass(*this).object(copy);
  return copy;
}

bool Redactor::is_sensitive_name(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kWords{"passw", "secret", "token", "key", "cred"};
  const auto lower = to_lower(name);
  if (lower.ends_with("_pass") || lower.ends_with("-pass") || lower.ends_with(".pass") || lower.ends_with("_pwd") || name.ends_with("Pass")) return true;
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

}  // namespace driftwarden
