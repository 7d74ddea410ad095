#include "bot/setup/rbac.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr const char* kGroup = "rbac.authorization.k8s.io";
constexpr const char* kRead = "driftwarden-read";
constexpr const char* kWrite = "driftwarden-write";

json rule_json(const AccessRule& rule) {
  json out{{"apiGroups", {rule.group}}, {"resources", rule.resources}, {"verbs", rule.verbs}};
  if (!rule.names.empty()) out["resourceNames"] = rule.names;
  return out;
}

json rules_json(const std::vector<AccessRule>& rules) {
  auto out = json::array();
  for (const auto& rule : rules) out.push_back(rule_json(rule));
  return out;
}

json metadata_of(const std::string& name, const std::string& namespace_) {
  json out{{"name", name}, {"labels", {{"app.kubernetes.io/name", "driftwarden"}}}};
  if (!namespace_.empty()) out["namespace"] = namespace_;
  return out;
}

/// A role and its binding; `namespace_` "" = of the whole cluster.
void add_role(std::vector<json>& out, const std::string& name, const std::string& namespace_, const std::vector<AccessRule>& rules, const Subject& subject) {
  if (rules.empty()) return;
  const std::string kind = namespace_.empty() ? "ClusterRole" : "Role";
  const auto version = std::string(kGroup) + "/v1";
  out.push_back({{"apiVersion", version}, {"kind", kind}, {"metadata", metadata_of(name, namespace_)}, {"rules", rules_json(rules)}});
  const json account{{"kind", "ServiceAccount"}, {"name", subject.service_account}, {"namespace", subject.namespace_}};
  out.push_back({{"apiVersion", version},
                 {"kind", kind + "Binding"},
                 {"metadata", metadata_of(name, namespace_)},
                 {"roleRef", {{"apiGroup", kGroup}, {"kind", kind}, {"name", name}}},
                 {"subjects", json::array({account})}});
}

/// Plain where every YAML reader takes it for a text, quoted otherwise.
std::string scalar(const std::string& text) {
  static const std::set<std::string> kWords{"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  const auto fits = [](unsigned char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '/' || c == '-'; };
  const bool plain = !text.empty() && text.front() >= 'a' && text.front() <= 'z' && std::ranges::all_of(text, fits) && !kWords.contains(text);
  return plain ? text : json_quoted(text);
}

std::string flow(const std::vector<std::string>& texts) {
  std::vector<std::string> scalars;
  for (const auto& text : texts) scalars.push_back(scalar(text));
  return "[" + join(scalars, ", ") + "]";
}

/// A line for each part of a rule, as people write them.
std::string rules_yaml(const std::vector<AccessRule>& rules, const std::string& indent) {
  std::string text;
  for (const auto& rule : rules) {
    text += fmt::format("{0}- apiGroups: {1}\n{0}  resources: {2}\n", indent, flow({rule.group}), flow(rule.resources));
    if (!rule.names.empty()) text += fmt::format("{}  resourceNames: {}\n", indent, flow(rule.names));
    text += fmt::format("{}  verbs: {}\n", indent, flow(rule.verbs));
  }
  return text;
}

std::string role_yaml(const std::string& name, const std::string& namespace_, const std::vector<AccessRule>& rules, const Subject& subject) {
  if (rules.empty()) return {};
  const std::string kind = namespace_.empty() ? "ClusterRole" : "Role";
  const auto metadata = fmt::format("metadata:\n  name: {}\n{}  labels: {{app.kubernetes.io/name: driftwarden}}\n", name, namespace_.empty() ? "" : fmt::format("  namespace: {}\n", scalar(namespace_)));
  auto text = fmt::format("---\napiVersion: {}/v1\nkind: {}\n{}rules:\n{}", kGroup, kind, metadata, rules_yaml(rules, "  "));
  text += fmt::format("---\napiVersion: {0}/v1\nkind: {1}Binding\n{2}roleRef: {{apiGroup: {0}, kind: {1}, name: {3}}}\nsubjects:\n  - {{kind: ServiceAccount, name: {4}, namespace: {5}}}\n", kGroup, kind,
                      metadata, name, scalar(subject.service_account), scalar(subject.namespace_));
  return text;
}

std::string yaml_of(const ClusterRights& rights, const RbacText& how) {
  auto text = fmt::format("# What Driftwarden needs in {}, printed by `driftwarden rbac`{}.\n", rights.cluster, how.source.empty() ? "" : " from " + without_control_characters(how.source));
  for (const auto& note : rights.notes) text += "# Note: " + note + ".\n";
  text += fmt::format("apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {}\n  namespace: {}\n  labels: {{app.kubernetes.io/name: driftwarden}}\n", scalar(how.subject.service_account),
                      scalar(how.subject.namespace_));
  const auto add = [&](const std::string& namespace_, const Rights& some) {
    text += role_yaml(kRead, namespace_, some.read, how.subject) + role_yaml(kWrite, namespace_, some.write, how.subject);
  };
  add("", rights.everywhere);
  for (const auto& [name, some] : rights.namespaces) add(name, some);
  return text;
}

std::string helm_yaml(const ClusterRights& rights) {
  const auto both = [](const Rights& some, const std::string& indent) {
    std::string text;
    const auto add = [&](const std::string& key, const std::vector<AccessRule>& rules) {
      text += indent + key + (rules.empty() ? ": []\n" : ":\n" + rules_yaml(rules, indent + "  "));
    };
    add("read", some.read);
    add("write", some.write);
    return text;
  };
  std::string text;
  for (const auto& note : rights.notes) text += "# Note: " + note + ".\n";
  text += "rbac:\n  everywhere:\n" + both(rights.everywhere, "    ");
  text += rights.namespaces.empty() ? "  namespaces: {}\n" : "  namespaces:\n";
  for (const auto& [name, some] : rights.namespaces) text += fmt::format("    {}:\n", scalar(name)) + both(some, "      ");
  return text;
}

json list_of(const ClusterRights& rights, const Subject& subject) {
  return {{"apiVersion", "v1"}, {"kind", "List"}, {"items", rbac_manifests(rights, subject)}};
}

}  // namespace

std::vector<json> rbac_manifests(const ClusterRights& rights, const Subject& subject) {
  std::vector<json> out;
  out.push_back({{"apiVersion", "v1"}, {"kind", "ServiceAccount"}, {"metadata", metadata_of(subject.service_account, subject.namespace_)}});
  const auto add = [&](const std::string& namespace_, const Rights& some) {
    add_role(out, kRead, namespace_, some.read, subject);
    add_role(out, kWrite, namespace_, some.write, subject);
  };
  add("", rights.everywhere);
  for (const auto& [name, some] : rights.namespaces) add(name, some);
  return out;
}

Result<std::string> rbac_text(const std::vector<ClusterRights>& clusters, const RbacText& how) {
  if (how.format == RbacFormat::Yaml) {
    std::string text;
    for (const auto& rights : clusters) text += (text.empty() ? "" : "---\n") + yaml_of(rights, how);
    return text;
  }
  if (how.format == RbacFormat::Helm) {
    if (clusters.size() == 1) return helm_yaml(clusters.front());
    return Error{ErrorKind::InvalidInput, fmt::format("a Helm release is in one cluster, and the config has {}: say which by --cluster NAME", clusters.size())};
  }
  json document;
  if (clusters.size() == 1) {
    document = list_of(clusters.front(), how.subject);
  } else {
    for (const auto& rights : clusters) document[rights.cluster] = list_of(rights, how.subject);
  }
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace driftwarden
