#include "bot/doctor/forge_checks.hpp"

#include "bot/doctor/clock_check.hpp"
#include "bot/doctor/in_time.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr const char* kApproval = "driftwarden/approval";

std::string git_fix(const Error& error, bool push) {
  if (error.kind == ErrorKind::Denied || error.kind == ErrorKind::NotFound) {
    return fmt::format("give the token or key of `credentials` (else the forge's token) the right to {} this repository", push ? "push to" : "read");
  }
  return "see whether the repository's URL is right and its server can be reached from here";
}

DoctorFindings judge_rights(const std::string& about, const forge::ProjectRights& rights) {
  const char* fix = "give the token's user (or the GitHub App) write access to the repository";
  DoctorFindings findings;
  if (!rights.read) {
    findings.push_back({about, "rights", FindingState::Problem, "the token may not read the project", fix});
  } else if (rights.push.has_value() && !*rights.push) {
    findings.push_back({about, "rights", FindingState::Problem, "the token may read the project, but not write: no branch can be pushed and no pull request opened", fix});
  } else {
    findings.push_back({about, "rights", FindingState::Ok, rights.push ? "the token may read and write the project" : "the token may read the project; whether it may write the forge doesn't say"});
  }
  if (rights.pull_requests.has_value() && !*rights.pull_requests) {
    findings.push_back({about, "pull requests", FindingState::Problem, "they are switched off in this project", "switch them on in the project's settings"});
  }
  findings.push_back(judge_clock(about, rights.clock_ahead));
  return findings;
}

DoctorFinding judge_protection(const std::string& about, const std::string& branch, const Result<std::optional<bool>>& required, bool approvals) {
  const auto fix = fmt::format("protect {} on the forge, and require the status {}", branch, kApproval);
  if (!required) return {about, "protection", FindingState::Warning, required.error().message, fix};
  if (!*required) return {about, "protection", FindingState::Skipped, fmt::format("the token may not see how {} is protected", branch)};
  if (**required) return {about, "protection", FindingState::Ok, fmt::format("{} requires the status {}", branch, kApproval)};
  if (!approvals) return {about, "protection", FindingState::Ok, fmt::format("{} doesn't require the status {}, and the policy wants no approvals", branch, kApproval)};
  return {about, "protection", FindingState::Warning, fmt::format("a pull request into {} can be merged on the forge before it is approved: the status {} isn't required", branch, kApproval), fix};
}

asio::awaitable<DoctorFinding> check_git(Clock& clock, const RepositoryCheck& check, std::string about, bool push) {
  auto trying = doctor_in_time<void>(clock, check.git(push));
  const auto tried = co_await std::move(trying);
  DoctorFinding finding{about, push ? "push" : "fetch", FindingState::Ok, push ? "Git may push (nothing was pushed)" : "Git may fetch"};
  if (!tried) {
    finding.state = FindingState::Problem;
    finding.what = tried.error().message;
    finding.fix = git_fix(tried.error(), push);
  }
  co_return finding;
}

asio::awaitable<DoctorFindings> check_forge(Clock& clock, const RepositoryCheck& check, std::string about) {
  DoctorFindings findings;
  auto asking = doctor_in_time<forge::Account>(clock, check.forge->account());
  const auto account = co_await std::move(asking);
  if (!account) {
    findings.push_back({about, "token", FindingState::Problem, account.error().message, "put a token of the forge that is good where forge.token refers to it"});
    for (const auto* skipped : {"rights", "protection"}) findings.push_back({about, skipped, FindingState::Skipped, "not without a token that the forge takes"});
    co_return findings;
  }
  findings.push_back({about, "token", FindingState::Ok, fmt::format("the forge knows it as {}{}", account->login, account->is_app ? " (an app)" : "")});
  auto looking = doctor_in_time<forge::ProjectRights>(clock, check.forge->rights());
  const auto rights = co_await std::move(looking);
  if (rights) {
    for (auto& finding : judge_rights(about, *rights)) findings.push_back(std::move(finding));
  } else {
    findings.push_back({about, "rights", FindingState::Problem, rights.error().message, "see forge.project, and give the token's user access to it"});
  }
  auto requiring = doctor_in_time<std::optional<bool>>(clock, check.forge->requires_status(check.repository->branch, kApproval));
  const auto required = co_await std::move(requiring);
  findings.push_back(judge_protection(about, check.repository->branch, required, check.approvals));
  co_return findings;
}

}  // namespace

asio::awaitable<DoctorFindings> check_repository(Clock& clock, RepositoryCheck check) {
  const auto about = "repository " + check.repository->name;
  DoctorFindings findings;
  if (check.forge != nullptr) {
    auto asking = check_forge(clock, check, about);
    findings = co_await std::move(asking);
  } else {
    findings.push_back({about, "forge", FindingState::Skipped, "none is configured: changes are reviewed in chat and pushed by Git"});
  }
  auto fetching = check_git(clock, check, about, false);
  findings.push_back(co_await std::move(fetching));
  auto pushing = check_git(clock, check, about, true);
  findings.push_back(co_await std::move(pushing));
  co_return findings;
}

}  // namespace driftwarden
