// terraform and ansible: how a tool plans what no cluster holds.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

constexpr Duration kLeast = std::chrono::minutes{1};

/// What loads code, or has a tool look, log in or send elsewhere.
constexpr std::array<std::string_view, 31> kNotFromGit{
    "PATH", "HOME", "SHELL", "ENV", "IFS", "TMPDIR", "KUBECONFIG", "LD_*", "BASH_*", "PYTHON*", "PERL*", "RUBY*", "NODE_OPTIONS", "GIT_*", "SSH_*", "XDG_*", "TF_CLI_*", "TF_HTTP_*",
    "TF_PLUGIN_*", "TF_DATA_DIR", "TERRAFORM_CONFIG", "TERRAGRUNT_TFPATH", "TG_TF_PATH", "ANSIBLE_CONFIG", "ANSIBLE_LIBRARY", "ANSIBLE_*_PLUGINS", "ANSIBLE_*_PATH*", "ANSIBLE_SSH_*",
    "ANSIBLE_PYTHON_INTERPRETER", "*_PROXY", "*_proxy"};

bool is_forbidden_in_git(const std::string& name) {
  return std::ranges::any_of(kNotFromGit, [&](std::string_view glob) { return glob_match(glob, name); });
}

/// "/etc/x", "-config=/etc/x", "file:///etc/x", "../x"; not the path of an address.
bool names_a_path_outside(const std::string& text) {
  for (const auto& part : split(text, '/')) {
    if (part == ".." || part.ends_with("=..") || part.ends_with(":..")) return true;
  }
  for (std::size_t at = text.find('/'); at != std::string::npos; at = text.find('/', at + 1)) {
    const bool begins = at == 0 || std::string_view(" \t\n,;=:@~'\"").find(text[at - 1]) != std::string_view::npos;
    if (!begins) continue;
    const bool of_address = at > 0 && text[at - 1] == ':' && text.compare(at, 2, "//") == 0;
    if (!of_address || (at >= 5 && to_lower(text.substr(at - 5, 5)) == "file:")) return true;
    ++at;
  }
  return false;
}

void check_variable_in_git(Section& section, const ConfigNode& name, const ConfigNode& value) {
  if (!is_from_git(name) && !is_from_git(value)) return;
  if (is_forbidden_in_git(name.text)) {
    section.reading().mistake(name, fmt::format("a config in Git may not set {}, which loads code or redirects tools", describe(name)), "it in the main file");
  }
  if (value.kind == ConfigNode::Kind::Scalar && names_a_path_outside(value.text)) {
    section.reading().mistake(value, fmt::format("a config in Git may not name a path outside of the repository in {}", describe(name)), "a path below what is planned, or it in the main file");
  }
}

void read_variables(Section& section, std::map<std::string, SecretValue>& out) {
  section.entries("env", [&](const ConfigNode& name, const ConfigNode& value) {
    if (!is_variable_name(name.text)) section.reading().mistake(name, describe(name) + " isn't the name of a variable", "letters, digits and \"_\"");
    check_variable_in_git(section, name, value);
    SecretValue read;
    if (value.kind == ConfigNode::Kind::Scalar) {
      read.value = Secret<std::string>(value.text);
    } else if (!section.read_secret(value, read, SecretForm::Token)) {
      return;
    }
    out.insert_or_assign(name.text, std::move(read));
  });
}

void read_every(Section& section, PlanSource& plan) {
  section.duration("every", plan.every);
  if (plan.every < kLeast) section.reading().mistake(section.place("every"), fmt::format("\"every\" is {}", format_duration(plan.every)), "at least 1m");
}

std::string check_workspace(std::string_view text) { return text.empty() || is_plain_name(text) ? "" : "isn't a workspace"; }

}  // namespace

void read_terraform_plan(Section& section, std::size_t depth, PlanSource& plan, std::map<std::string, SecretValue>& variables) {
  section.choice<PlanTool>("tool", {{"tofu", PlanTool::Tofu}, {"terraform", PlanTool::Terraform}, {"terragrunt", PlanTool::Terragrunt}}, plan.tool);
  read_every(section, plan);
  section.checked("workspace", plan.workspace, check_workspace, "letters, digits, \".\", \"_\" and \"-\"");
  section.texts("var_files", plan.var_files);
  if (const auto* list = section.find("var_files"); list != nullptr) {
    for (const auto& item : list->items) {
      const auto wrong = item.kind == ConfigNode::Kind::Scalar && !item.text.empty() ? check_beside(item.text, depth) : std::string();
      if (!wrong.empty()) section.reading().mistake(item, fmt::format("{} {}", describe(item), wrong), "a file of the repository, relative to what is planned");
    }
  }
  section.flag("refresh_only", plan.refresh_only);
  section.flag("apply", plan.apply);
  if (plan.refresh_only && plan.apply) section.refuse("apply", "is true, but a refresh-only plan changes nothing", "one of refresh_only and apply");
  read_variables(section, variables);
}

void read_ansible_plan(Section& section, std::size_t depth, PlanSource& plan, std::map<std::string, SecretValue>& variables) {
  plan.tool = PlanTool::Ansible;
  plan.every = std::chrono::hours{12};
  section.checked(
      "inventory", plan.inventory, [&](std::string_view text) { return text.empty() ? std::string() : check_beside(text, depth); }, "a file of the repository, relative to the playbook");
  read_every(section, plan);
  read_variables(section, variables);
}

void keep_variables(Config& config, const std::string& rule, std::map<std::string, SecretValue> variables) {
  if (!variables.empty()) config.tool_environments.insert_or_assign(rule, std::move(variables));
}

}  // namespace driftwarden
