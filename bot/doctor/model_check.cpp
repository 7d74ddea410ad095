#include "bot/doctor/model_check.hpp"

#include "bot/doctor/in_time.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr const char* kModel = "model";
constexpr std::size_t kNamed = 5;

std::string fix_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::Denied: return "put a key that it takes where model.key refers to";
    case ErrorKind::NotFound: return "see model.api_url (it usually ends in /v1) and model.model";
    case ErrorKind::RateLimited: return "see the quota of the key";
    case ErrorKind::InvalidInput: return "see model.api_url and model.model";
    case ErrorKind::Corrupt: return "see model.api_url: something else answers there";
    default: return "see whether it runs, and whether the network lets us reach it (proxy, firewall, model.api_url)";
  }
}

/// A few of them, nearest first.
std::string others(const std::string& wanted, std::vector<std::string> models) {
  std::ranges::stable_sort(models, {}, [&](const std::string& name) { return edit_distance(name, wanted); });
  std::vector<std::string> shown;
  for (const auto& name : models) {
    if (shown.size() == kNamed) break;
    shown.push_back(ellipsize(without_control_characters(name), 80));
  }
  return join(shown, ", ");
}

DoctorFinding judge_list(const ModelConfig& model, const std::vector<std::string>& models) {
  const auto has = [&](const std::string& id) { return id == model.name || id == model.name + ":latest"; };
  if (std::ranges::any_of(models, has)) return {kModel, model.name, FindingState::Ok, "the endpoint has it"};
  const auto what = fmt::format("the endpoint has no model of this name{}", models.empty() ? " and none at all" : "");
  return {kModel, model.name, FindingState::Problem, what, models.empty() ? "load it there" : fmt::format("load it there, or name one that it has: {}", others(model.name, models))};
}

}  // namespace

asio::awaitable<DoctorFindings> check_model(Clock& clock, const ModelConfig& model, ModelProbe probe) {
  DoctorFindings findings;
  auto listing = doctor_in_time<std::vector<std::string>>(clock, probe.list());
  const auto models = co_await std::move(listing);
  if (models) {
    findings.push_back({kModel, "endpoint", FindingState::Ok, fmt::format("{} answers", model.api_url)});
    findings.push_back(judge_list(model, *models));
    co_return findings;
  }
  const bool has_no_list = models.error().kind == ErrorKind::NotFound || models.error().kind == ErrorKind::Corrupt || models.error().kind == ErrorKind::InvalidInput;
  if (!has_no_list) {
    findings.push_back({kModel, "endpoint", FindingState::Problem, models.error().message, fix_of(models.error())});
    findings.push_back({kModel, model.name, FindingState::Skipped, "not before the endpoint answers"});
    co_return findings;
  }
  auto trying = doctor_in_time<std::string>(clock, probe.try_it());
  const auto answer = co_await std::move(trying);
  if (answer) {
    findings.push_back({kModel, model.name, FindingState::Ok, fmt::format("it answers at {}, which has no list of models", model.api_url)});
  } else {
    findings.push_back({kModel, model.name, FindingState::Problem, answer.error().message, fix_of(answer.error())});
  }
  co_return findings;
}

}  // namespace driftwarden
