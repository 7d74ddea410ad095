#include "bot/change/secret_guard.hpp"

#include "bot/change/hidden_hcl.hpp"
#include "bot/change/plan_parts.hpp"
#include "bot/change/secret_words.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace driftwarden {
namespace {

using namespace secret_words;
using nlohmann::json;

constexpr std::size_t kNamed = 5;
constexpr int kTextsInTexts = 3;

/// A secret in plaintext: where it stands, and its value, which nobody is shown.
struct Found {
  std::string where;
  std::string value;
};

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : value.is_null() ? std::string() : value.dump(); }

std::string kind_of(const json& document) {
  const auto kind = document.find("kind");
  return kind != document.end() && kind->is_string() ? kind->get<std::string>() : std::string();
}

bool is_object(const json& document) { return document.is_object() && document.contains("apiVersion") && !kind_of(document).empty(); }

/// Encrypted, or only says where the secret is.
bool is_safe_kind(const std::string& kind) {
  static constexpr std::array<std::string_view, 9> kKinds{"SealedSecret", "ExternalSecret", "ClusterExternalSecret", "SecretStore", "ClusterSecretStore", "PushSecret", "VaultStaticSecret", "SecretProviderClass", "CustomResourceDefinition"};
  return std::ranges::find(kKinds, kind) != kKinds.end();
}

bool is_encrypted_by_sops(const json& document) {
  const auto sops = document.is_object() ? document.find("sops") : document.end();
  return document.is_object() && sops != document.end() && sops->is_object() && sops->contains("mac");
}

std::string short_path(const std::vector<std::string>& steps) {
  return steps.empty() ? std::string("the text") : ellipsize(without_control_characters(join(steps, ".")), 120);
}

class Search {
 public:
  explicit Search(std::string file) : file_(std::move(file)) {}

  void text(const std::string& whole) {
    if (is_hcl(file_) && !file_.ends_with(".json")) {
      if (const auto values = hcl_values(whole)) return hcl(*values);
    }
    const auto documents = parse_yaml(whole, file_);
    const bool structured = documents && std::ranges::any_of(*documents, [](const json& document) { return document.is_structured(); });
    if (!structured) {
      lines(whole);
      return;
    }
    for (const auto& one : *documents) document(one, kTextsInTexts);
  }
  std::vector<Found> take() { return std::move(found_); }

 private:
  void add(const std::string& what, const std::string& value) { found_.push_back({fmt::format("{}: {}", planning::shown(file_), what), value}); }

  void document(const json& value, int depth) {
    if (is_encrypted_by_sops(value)) return;
    if (is_object(value)) {
      object(value, depth);
      return;
    }
    walk(value, true, "", depth);
  }

  void object(const json& value, int depth) {
    const auto kind = kind_of(value);
    if (is_safe_kind(kind)) return;
    const auto ref = ref_of(value);
    const auto name = planning::shown(to_string(ref));
    if (kind == "List" || kind == "SecretList") {
      const auto items = value.find("items");
      if (items != value.end() && items->is_array()) {
        for (const auto& item : *items) document(item, depth);
      }
      return;
    }
    if (kind == "Secret" && ref.group.empty()) {
      secret(value, name);
      return;
    }
    const auto before = steps_.size();
    // What it holds for programs is looked at by name; of other fields names mean something to Kubernetes.
    for (const auto& item : value.items()) {
      const bool values = (kind == "ConfigMap" && (item.key() == "data" || item.key() == "binaryData")) || item.key() == "secretGenerator" || item.key() == "configMapGenerator" || holds_values(kind, item.key());
      if (item.key() == "metadata" || item.key() == "status") continue;
      step(item.key(), [&] { walk(item.value(), values, name, depth); });
    }
    steps_.resize(before);
  }

  static bool holds_values(const std::string& kind, const std::string& member) {
    return (kind == "HelmRelease" || kind == "Application" || kind == "ApplicationSet") && member == "spec";
  }

  void secret(const json& value, const std::string& name) {
    for (const auto* member : {"data", "stringData"}) {
      const auto held = value.find(member);
      if (held == value.end() || !held->is_object()) continue;
      for (const auto& item : held->items()) {
        const auto text = text_of(item.value());
        if (!is_placeholder(text)) add(fmt::format("{}.{} of {}", member, planning::shown(item.key()), name), text);
      }
    }
  }

  template <class Work>
  void step(const std::string& name, Work&& work) {
    steps_.push_back(name);
    work();
    steps_.pop_back();
  }

  std::string place(const std::string& object) const { return object.empty() ? short_path(steps_) : fmt::format("{} of {}", short_path(steps_), object); }

  /// `by_name`: a name that sounds secret is enough.
  void walk(const json& value, bool by_name, const std::string& object, int depth) {
    if (value.is_string()) return scalar(value.get<std::string>(), object, depth);
    if (value.is_array()) {
      for (const auto& item : value) walk(item, by_name, object, depth);
      return;
    }
    if (!value.is_object()) return;
    named_value(value, object);
    for (const auto& item : value.items()) {
      if (item.key() == "encryptedData") continue;
      if (item.key() == "secretGenerator" && item.value().is_array()) {
        step(item.key(), [&] { generator(item.value(), object); });
        continue;
      }
      if (item.key() == "literals" && item.value().is_array()) {
        step(item.key(), [&] { literals(item.value(), false, object); });
        continue;
      }
      step(item.key(), [&] {
        const bool scalar_value = item.value().is_string() || item.value().is_number();
        const auto text = text_of(item.value());
        if (by_name && scalar_value && sounds_secret(item.key()) && !is_placeholder(text) && !is_harmless(text)) {
          add(place(object), text);
        } else if (is_object_inside(item.value())) {
          this->document(item.value(), depth);
        } else {
          walk(item.value(), by_name, object, depth);
        }
      });
    }
  }

  static bool is_object_inside(const json& value) { return is_object(value); }

  /// env: [{name: DB_PASSWORD, value: hunter2}]
  void named_value(const json& value, const std::string& object) {
    const auto name = value.find("name");
    const auto held = value.find("value");
    if (name == value.end() || held == value.end() || !name->is_string() || !(held->is_string() || held->is_number())) return;
    const auto text = text_of(*held);
    if (sounds_secret(name->get_ref<const std::string&>()) && !is_placeholder(text) && !is_harmless(text)) {
      add(fmt::format("{}[{}].value{}", short_path(steps_), planning::shown(name->get<std::string>()), object.empty() ? "" : " of " + object), text);
    }
  }

  void generator(const json& generators, const std::string& object) {
    for (const auto& one : generators) {
      if (!one.is_object()) continue;
      const auto held = one.find("literals");
      if (held != one.end() && held->is_array()) step("literals", [&] { literals(*held, true, object); });
    }
  }

  /// "KEY=value"; of a secretGenerator every one.
  void literals(const json& held, bool all, const std::string& object) {
    for (const auto& literal : held) {
      if (!literal.is_string()) continue;
      const auto text = literal.get<std::string>();
      const auto equals = text.find('=');
      if (equals == std::string::npos) continue;
      const auto key = text.substr(0, equals);
      const auto value = text.substr(equals + 1);
      const bool counts = all || (sounds_secret(key) && !is_harmless(value)) || credential_in(value) != std::string_view::npos;
      if (counts && !is_placeholder(value)) step(key, [&] { add(place(object), value); });
    }
  }

  void scalar(const std::string& text, const std::string& object, int depth) {
    if (credential_in(text) != std::string_view::npos && !is_placeholder(text)) {
      add(place(object), text);
      return;
    }
    if (depth == 0 || text.find(':') == std::string::npos || text.find('\n') == std::string::npos) return;
    const auto documents = parse_yaml(text, file_);
    if (!documents) return;
    for (const auto& one : *documents) {
      if (!one.is_structured() || is_encrypted_by_sops(one)) continue;
      if (is_object(one)) {
        this->object(one, depth - 1);
      } else {
        walk(one, true, object, depth - 1);
      }
    }
  }

  /// Terraform's own language: what a name is given may stand lines below it.
  void hcl(const std::vector<HclValue>& values) {
    for (const auto& [name, value, line, sensitive] : values) {
      const auto before = found_.size();
      auto number = line;
      bool in_key = false;
      for (const auto& one : split(value, '\n')) script_line(value, one, number++, in_key);
      const bool named = sensitive || (!name.empty() && sounds_secret(name));
      if (found_.size() == before && named && !is_placeholder(value) && !is_harmless(value)) add(fmt::format("line {}, {}", line, planning::shown(name)), value);
    }
  }

  /// A private key, a credential by its form, or NAME=value.
  void script_line(const std::string& whole, const std::string& line, std::size_t number, bool& in_key) {
    const bool begins = line.find("-----BEGIN ") != std::string::npos && line.find("PRIVATE KEY") != std::string::npos;
    if (begins) add(fmt::format("line {}, a private key", number), first_after(whole, line));
    in_key = (in_key || begins) && line.find("-----END") == std::string::npos;
    if (!begins && !in_key) look_at_line(line, number, false);
  }

  /// No YAML: a template, NAME=value, HCL, a script, a key.
  void lines(const std::string& whole) {
    if (whole.find("\n    mac: ENC[") != std::string::npos || whole.find("sops_mac=ENC[") != std::string::npos) return;
    std::size_t number = 0;
    bool in_key = false;
    for (const auto& line : split(whole, '\n')) {
      ++number;
      const bool begins = line.find("-----BEGIN ") != std::string::npos && line.find("PRIVATE KEY") != std::string::npos;
      if (begins) add(fmt::format("line {}, a private key", number), first_after(whole, line));
      in_key = (in_key || begins) && line.find("-----END") == std::string::npos;
      if (begins || in_key) continue;
      look_at_line(line, number, file_.ends_with(".tf") || file_.ends_with(".hcl"));
    }
  }

  /// What tells one key from another: its first lines.
  static std::string first_after(const std::string& whole, const std::string& line) { return whole.substr(whole.find(line), 400); }

  /// `hcl`: what isn't in quotes is an expression.
  void look_at_line(const std::string& line, std::size_t number, bool hcl) {
    if (is_placeholder(line)) return;
    if (credential_in(line) != std::string_view::npos) {
      add(fmt::format("line {}", number), std::string(trim(line)));
      return;
    }
    const auto sign = line.find_first_of("=:");
    if (sign == std::string::npos || trim(line).starts_with('#') || trim(line).starts_with("//")) return;
    auto key = std::string(trim(line.substr(0, sign)));
    if (key.starts_with("export ")) key.erase(0, 7);
    if (key.starts_with("- ")) key.erase(0, 2);
    const bool quoted = sign + 1 < line.size() && trim(line.substr(sign + 1)).find_first_of("\"'") == 0;
    auto value = std::string(trim(line.substr(sign + 1)));
    std::erase_if(value, [](char c) { return c == '"' || c == '\'' || c == ','; });
    const bool word = key.find_first_of(" \t(){}[]<>$") == std::string::npos && value.find_first_of(" ({[") == std::string::npos;
    // An expression of HCL or a script isn't in quotes.
    const bool literal = quoted || line.find('=') == sign;
    if (word && literal && (quoted || !hcl) && sounds_secret(key) && !is_placeholder(value) && !is_harmless(value)) add(fmt::format("line {}, {}", number, planning::shown(key)), value);
  }

  std::string file_;
  std::vector<std::string> steps_;
  std::vector<Found> found_;
};

std::vector<Found> secrets_in(const std::string& path, const std::string& text) {
  if (text.empty() || text.find('\0') != std::string::npos) return {};
  Search search(path);
  search.text(text);
  return search.take();
}

bool says_true(const json& object, const char* annotation) {
  const auto pointer = json::json_pointer("/metadata/annotations") / std::string(annotation);
  return object.contains(pointer) && object.at(pointer) == "true";
}

bool is_sealed(const Manifest& manifest) { return manifest.ref.kind == "SealedSecret" && manifest.ref.group == "bitnami.com"; }

const json& sealed_data(const Manifest& manifest) {
  static const json kNothing;
  const json::json_pointer pointer("/spec/encryptedData");
  return manifest.body->contains(pointer) ? manifest.body->at(pointer) : kNothing;
}

}  // namespace

std::vector<std::string> added_secrets(const std::vector<TouchedFile>& files) {
  std::set<std::string> known;
  for (const auto& file : files) {
    for (auto& found : secrets_in(file.path, file.before)) known.insert(std::move(found.value));
  }
  std::vector<std::string> added;
  for (const auto& file : files) {
    if (file.after == file.before) continue;
    for (const auto& found : secrets_in(file.path, file.after)) {
      if (!known.contains(found.value) && std::ranges::find(added, found.where) == added.end()) added.push_back(found.where);
    }
  }
  return added;
}

Result<void> check_added_secrets(const std::vector<TouchedFile>& files) {
  const auto added = added_secrets(files);
  if (added.empty()) return Result<void>{};
  const std::vector<std::string> named(added.begin(), added.begin() + static_cast<std::ptrdiff_t>(std::min(added.size(), kNamed)));
  const auto more = added.size() > named.size() ? fmt::format(" and {} more", added.size() - named.size()) : std::string();
  return planning::refused(fmt::format("this would put a secret into Git in plaintext, so nothing was pushed ({}{}). Seal it (SealedSecret), encrypt it (SOPS), or refer to it (ExternalSecret)", join(named, "; "), more));
}

Result<void> check_sealed(const std::vector<Manifest>& before, const std::vector<Manifest>& after) {
  for (const auto& now : after) {
    if (!is_sealed(now) || says_true(*now.body, "sealedsecrets.bitnami.com/cluster-wide")) continue;
    const bool by_namespace = says_true(*now.body, "sealedsecrets.bitnami.com/namespace-wide");
    for (const auto& then : before) {
      if (!is_sealed(then) || sealed_data(then).empty() || sealed_data(then) != sealed_data(now)) continue;
      const bool same = then.ref.namespace_ == now.ref.namespace_ && (by_namespace || then.ref.name == now.ref.name);
      const bool kept = std::ranges::any_of(before, [&](const Manifest& one) { return same_object(one.ref, now.ref); });
      if (same || kept) continue;
      return planning::refused(fmt::format("{} is sealed for {} {}: as {} nothing can open it. Seal it anew for its new place first", to_string(then.ref), by_namespace ? "the namespace" : "exactly",
                                           by_namespace ? then.ref.namespace_ : fmt::format("{}/{}", then.ref.namespace_, then.ref.name), to_string(now.ref)));
    }
  }
  return Result<void>{};
}

}  // namespace driftwarden
