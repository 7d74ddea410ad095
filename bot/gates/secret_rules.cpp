// Secrets that stand in manifests as anybody can read them. No message holds a value.
#include "bot/gates/rules.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"
#include "gitops/manifest/secret_fields.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::size_t kNameShown = 80;

/// Filled in by somebody else, or encrypted: Helm and shell templates, argocd-vault-plugin, vals, SOPS.
bool is_filled_in_later(std::string_view value) {
  const auto text = trim(value);
  if (text.empty() || text.starts_with("ENC[") || text.starts_with("ref+") || text.starts_with("vault:")) return true;
  if (text.front() == '<' && text.back() == '>') return true;
  return std::ranges::any_of(std::array<std::string_view, 4>{"{{", "${", "$(", "<path:"}, [&](std::string_view mark) { return text.find(mark) != std::string_view::npos; });
}

/// What nobody keeps secret, whatever it is called: a switch, a number of a few digits, a path, an address without a password.
bool is_harmless(std::string_view value) {
  const auto lower = to_lower(trim(value));
  static constexpr std::array<std::string_view, 9> kWords{"true", "false", "yes", "no", "on", "off", "none", "null", "optional"};
  if (std::ranges::find(kWords, lower) != kWords.end() || lower.starts_with("/") || lower.starts_with("./")) return true;
  const bool number = lower.size() <= 5 && lower.find_first_not_of("0123456789smhd.") == std::string::npos;
  return number || ((lower.starts_with("http://") || lower.starts_with("https://")) && !looks_secret(value));
}

bool is_secret_value(std::string_view name, std::string_view value) {
  if (is_filled_in_later(value)) return false;
  return looks_secret(value) || (is_secret_field(name) && !is_harmless(value));
}

std::string named(std::string_view name) { return ellipsize(without_control_characters(name), kNameShown); }

bool is_encrypted_by_sops(const json& object) { return member_at(object, "sops").is_object(); }

void look_at_secret(const json& object, const ReportFinding& report) {
  for (const auto* member : {"data", "stringData"}) {
    const auto& held = member_at(object, member);
    if (!held.is_object()) continue;
    for (const auto& [key, value] : held.items()) {
      if (!value.is_string()) continue;
      const auto& text = value.get_ref<const std::string&>();
      const auto plain = std::string_view(member) == "data" ? base64_decode(text) : Result<std::string>{text};
      // A placeholder may stand for the whole, encoded or not.
      if (is_filled_in_later(text) || (plain && is_filled_in_later(*plain))) continue;
      report("plaintext-secret", fmt::format(".{}[{}]", member, named(key)), "the Secret holds its value for everybody who reads Git");
    }
  }
}

void look_at_config_map(const json& object, const ReportFinding& report) {
  const auto& data = member_at(object, "data");
  if (!data.is_object()) return;
  for (const auto& [key, value] : data.items()) {
    if (!value.is_string() || !is_secret_value(key, value.get_ref<const std::string&>())) continue;
    report("plaintext-secret", fmt::format(".data[{}]", named(key)), "it looks like a credential");
  }
}

void look_at_environment(const ContainerPlace& container, const ReportFinding& report) {
  const auto& variables = member_at(*container.body, "env");
  if (!variables.is_array()) return;
  for (const auto& variable : variables) {
    const auto name = text_at(variable, "name");
    if (is_secret_value(name, text_at(variable, "value"))) report("plaintext-secret", fmt::format("{}.env[{}].value", container.path, named(name)), "it looks like a credential");
  }
}

/// "--api-token=x", "--password x", or a credential by its form.
void look_at_arguments(const ContainerPlace& container, const ReportFinding& report) {
  for (const auto* list : {"command", "args"}) {
    const auto& words = member_at(*container.body, list);
    if (!words.is_array()) continue;
    std::string_view before;
    for (std::size_t at = 0; at < words.size(); ++at) {
      const std::string_view word = words[at].is_string() ? std::string_view(words[at].get_ref<const std::string&>()) : std::string_view{};
      const auto equals = word.find('=');
      const bool flag = is_secret_flag(word) && equals != std::string_view::npos && is_secret_value("password", word.substr(equals + 1));
      const bool behind_flag = is_secret_flag(before) && before.find('=') == std::string_view::npos && !word.starts_with('-') && is_secret_value("password", word);
      if (flag || behind_flag || (looks_secret(word) && !is_filled_in_later(word))) {
        report("plaintext-secret", fmt::format("{}.{}[{}]", container.path, list, at), "it looks like a credential");
      }
      before = word;
    }
  }
}

}  // namespace

void look_at_secrets(const Manifest& manifest, const ReportFinding& report) {
  const auto& object = *manifest.body;
  if (is_encrypted_by_sops(object)) return;
  if (manifest.ref.group.empty() && manifest.ref.kind == "Secret") look_at_secret(object, report);
  if (manifest.ref.group.empty() && manifest.ref.kind == "ConfigMap") look_at_config_map(object, report);
  for (const auto& container : containers_of(pod_spec_of(object))) {
    look_at_environment(container, report);
    look_at_arguments(container, report);
  }
}

}  // namespace driftwarden
