#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/manifest.hpp"

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

  /// Environment variables, wherever they stand.
  void named_values(json& value) {
    if (value.is_object()) {
      const auto name = value.find("name");
      const auto text = value.find("value");
      if (name != value.end() && name->is_string() && text != value.end() && Redactor::is_sensitive_name(name->get_ref<const std::string&>())) {
        if (!is_redacted(*text)) *text = redactor_.digest(text_of(*text));
      }
    }
    if (value.is_structured()) {
      for (auto& item : value) named_values(item);
    }
  }

 private:
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
    const auto found = annotations->find(kLastApplied);
    if (found == annotations->end() || is_redacted(*found)) return;
    const auto text = text_of(*found);
    auto inner = whole ? json(json::value_t::discarded) : json::parse(text, nullptr, false);
    if (inner.is_discarded()) {
      *found = redactor_.digest(text);
      return;
    }
    this->object(inner);
    *found = inner.dump();
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
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

}  // namespace driftwarden
