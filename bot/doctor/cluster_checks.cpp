#include "bot/doctor/cluster_checks.hpp"

#include "bot/doctor/clock_check.hpp"
#include "bot/doctor/in_time.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kShown = 6;
constexpr Duration kQuestionsTogether = 3 * kDoctorPatience;  // a thousand of them, at a slow server

void add_questions(std::vector<AccessQuestion>& questions, const std::vector<AccessRule>& rules, const std::string& namespace_) {
  for (const auto& rule : rules) {
    const auto names = rule.names.empty() ? std::vector<std::string>{""} : rule.names;
    for (const auto& resource : rule.resources) {
      for (const auto& verb : rule.verbs) {
        for (const auto& name : names) {
          // Nobody can be allowed to create one object by its name.
          AccessQuestion question{rule.group, resource, verb, namespace_, verb == "create" ? std::string() : name};
          if (std::ranges::find(questions, question) == questions.end()) questions.push_back(std::move(question));
        }
      }
    }
  }
}

std::string list_of(const std::vector<AccessQuestion>& questions) {
  std::vector<std::string> words;
  for (const auto& question : questions) {
    if (words.size() < kShown) words.push_back(words_of(question));
  }
  return join(words, "; ") + (questions.size() > kShown ? fmt::format("; and {} more", questions.size() - kShown) : "");
}

std::string hello_fix(const Error& error) {
  if (error.kind == ErrorKind::Denied) return "give it credentials in the kubeconfig that the API server takes, and its certificate authority";
  return "see whether its API server can be reached from here (address in the kubeconfig, network policies, proxy)";
}

asio::awaitable<DoctorFinding> check_rights(Clock& clock, const ClusterCheck& check, std::string about) {
  const auto questions = questions_of(*check.rights);
  const auto until = clock.mono_now() + kQuestionsTogether;
  std::vector<AccessQuestion> refused;
  std::size_t asked = 0;
  for (const auto& question : questions) {
    if (clock.mono_now() > until) break;
    auto asking = doctor_in_time<bool>(clock, check.probe->may(question));
    const auto allowed = co_await std::move(asking);
    if (!allowed) {
      DoctorFinding unknown{about, "rights", FindingState::Problem, allowed.error().message, "let the bot's account create SelfSubjectAccessReviews (system:basic-user allows it)"};
      co_return unknown;
    }
    ++asked;
    if (!*allowed) refused.push_back(question);
  }
  DoctorFinding finding{about, "rights", FindingState::Ok, fmt::format("the {} that the config needs are there", questions.size())};
  if (!refused.empty()) {
    finding.state = FindingState::Problem;
    finding.what = fmt::format("{} of {} are missing: {}", refused.size(), questions.size(), list_of(refused));
    finding.fix = fmt::format("driftwarden rbac --config {} --cluster {} | kubectl apply -f -", check.config_file, check.name);
  } else if (asked < questions.size()) {
    finding.state = FindingState::Warning;
    finding.what = fmt::format("{} of {} are there; the server was too slow to be asked about the rest", asked, questions.size());
    finding.fix = "try again when it has less to do";
  }
  co_return finding;
}

}  // namespace

std::vector<AccessQuestion> questions_of(const ClusterRights& rights) {
  std::vector<AccessQuestion> questions;
  for (const auto* rules : {&rights.everywhere.read, &rights.everywhere.write}) add_questions(questions, *rules, "");
  for (const auto& [namespace_, of] : rights.namespaces) {
    for (const auto* rules : {&of.read, &of.write}) add_questions(questions, *rules, namespace_);
  }
  return questions;
}

std::string words_of(const AccessQuestion& question) {
  auto words = fmt::format("{} {}", question.verb, question.resource);
  if (!question.group.empty()) words += "." + question.group;
  if (!question.name.empty()) words += " " + question.name;
  if (!question.namespace_.empty()) words += " in namespace " + question.namespace_;
  return words;
}

asio::awaitable<DoctorFindings> check_cluster(Clock& clock, ClusterCheck check) {
  const auto about = "cluster " + check.name;
  DoctorFindings findings;
  if (check.probe == nullptr) {
    findings.push_back({about, "connection", FindingState::Problem, check.broken, "mend the kubeconfig, or the cluster's entry in the config"});
    co_return findings;
  }
  auto asking = doctor_in_time<ServerFacts>(clock, check.probe->hello());
  const auto facts = co_await std::move(asking);
  if (!facts) {
    findings.push_back({about, "connection", FindingState::Problem, facts.error().message, hello_fix(facts.error())});
    findings.push_back({about, "rights", FindingState::Skipped, "not without a connection"});
    co_return findings;
  }
  findings.push_back({about, "connection", FindingState::Ok, facts->version.empty() ? "it answers" : "it answers, Kubernetes " + facts->version});
  findings.push_back(judge_clock(about, facts->clock_ahead));
  if (!check.rights) {
    findings.push_back({about, "rights", FindingState::Skipped, "what is needed isn't known"});
    co_return findings;
  }
  auto looking = check_rights(clock, check, about);
  findings.push_back(co_await std::move(looking));
  for (const auto& note : check.rights->notes) findings.push_back({about, "note", FindingState::Ok, note});
  co_return findings;
}

}  // namespace driftwarden
