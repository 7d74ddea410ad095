#include "bot/doctor/doctor.hpp"

#include "gitops/base/async.hpp"

#include <fmt/core.h>

#include <memory>

namespace driftwarden {
namespace {

constexpr const char* kConfig = "config";

/// What the sections found, in their order, whichever is done first.
struct Report {
  Report(const asio::any_io_executor& executor, std::size_t sections) : found(sections), left(sections), done(executor) {}
  std::vector<DoctorFindings> found;
  std::size_t left;
  Signal done;
};

asio::awaitable<void> fill(Report& report, std::size_t section, asio::awaitable<DoctorFindings> check) {
  report.found[section] = co_await std::move(check);
  --report.left;
  report.done.notify();
}

asio::awaitable<DoctorFindings> check_config(const Config& config) {
  DoctorFindings findings;
  findings.push_back({kConfig, "file", FindingState::Ok, fmt::format("{} is good, and every secret that it refers to can be read", config.file)});
  co_return findings;
}

asio::awaitable<DoctorFindings> no_slack() {
  DoctorFindings findings;
  findings.push_back({"slack", "section", FindingState::Skipped, "the config has none"});
  co_return findings;
}

asio::awaitable<DoctorFindings> gates_of(const Config& config) { co_return check_gates(config); }

asio::awaitable<DoctorFindings> check_storage(std::string path, std::function<asio::awaitable<StorageFacts>()> look) {
  auto looking = look();
  const auto facts = co_await std::move(looking);
  co_return judge_storage(path, facts);
}

asio::awaitable<DoctorFindings> check_kernel(FenceMode mode, std::string missing) {
  DoctorFindings findings;
  findings.push_back(judge_fence(mode, missing));
  co_return findings;
}

}  // namespace

DoctorFindings findings_of_mistakes(const std::vector<ConfigMistake>& mistakes) {
  DoctorFindings findings;
  for (const auto& mistake : mistakes) {
    findings.push_back({kConfig, fmt::format("{}:{}:{}", mistake.file, mistake.line, mistake.column), FindingState::Problem, mistake.what, "expected " + mistake.expected});
  }
  findings.push_back({kConfig, "the rest", FindingState::Skipped, "not before the config is good"});
  return findings;
}

asio::awaitable<DoctorFindings> examine(DoctorParts parts) {
  std::vector<asio::awaitable<DoctorFindings>> sections;
  sections.push_back(check_config(*parts.config));
  if (parts.slack == nullptr) {
    sections.push_back(no_slack());
  } else {
    sections.push_back(check_slack(*parts.slack, *parts.clock, *parts.config));
  }
  for (auto& cluster : parts.clusters) sections.push_back(check_cluster(*parts.clock, std::move(cluster)));
  for (auto& repository : parts.repositories) sections.push_back(check_repository(*parts.clock, std::move(repository)));
  if (parts.model && parts.config->model) sections.push_back(check_model(*parts.clock, *parts.config->model, std::move(*parts.model)));
  sections.push_back(check_tools(*parts.config, parts.ask_tool));
  sections.push_back(gates_of(*parts.config));
  sections.push_back(check_storage(parts.config->storage.path, parts.look_at_storage));
  sections.push_back(check_kernel(parts.config->tools.fence, parts.missing_for_fence));
  Report report(parts.executor, sections.size());
  TaskGroup tasks(parts.executor);
  for (std::size_t i = 0; i < sections.size(); ++i) tasks.spawn("a section of doctor", fill(report, i, std::move(sections[i])));
  while (report.left > 0) {
    if (auto told = co_await report.done.wait(); !told) break;
  }
  co_await tasks.join();
  DoctorFindings all;
  for (auto& found : report.found) all.insert(all.end(), found.begin(), found.end());
  co_return all;
}

}  // namespace driftwarden
