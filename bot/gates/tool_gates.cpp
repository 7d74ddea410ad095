#include "bot/gates/tool_gates.hpp"

#include "bot/gates/built_in.hpp"
#include "bot/policy/findings.hpp"
#include "gitops/base/async.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/gate.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>

namespace driftwarden {
namespace {

using Answer = std::vector<Finding>;

constexpr std::size_t kMostKept = 256;
constexpr std::size_t kMostFindingsKept = 20'000;  ///< in all answers

gates::Format format_of(const GateConfig& gate) {
  switch (gate.tool) {
    case GateTool::Conftest: return gates::Format::Conftest;
    case GateTool::Kyverno: return gates::Format::Kyverno;
    case GateTool::Kubeconform: return gates::Format::Kubeconform;
    case GateTool::Command: break;
  }
  return gate.output == GateOutput::Json ? gates::Format::Json : gates::Format::Sarif;
}

bool names(const GateConfig& gate, std::string_view place) {
  const auto has = [&](const std::string& argument) { return argument.find(place) != std::string::npos; };
  return std::ranges::any_of(gate.command, has) || std::ranges::any_of(gate.arguments, has);
}

bool matches(const std::vector<std::string>& globs, const std::string& text) {
  return globs.empty() || std::ranges::any_of(globs, [&](const std::string& glob) { return glob_match(glob, text); });
}

std::string id_of(const std::vector<Manifest>& manifests) {
  std::string all;
  for (const auto& manifest : manifests) {
    all += object_id(manifest.ref) + "\x1f" + manifest.ref.version + "\x1f" + manifest.body->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\x1e";
  }
  return sha256_hex(all);
}

/// The newest answers, by what they rest on. What could not be judged isn't kept.
class Memory {
 public:
  const Answer* find(const std::string& key) const {
    const auto found = answers_.find(key);
    return found == answers_.end() ? nullptr : &found->second;
  }
  void keep(const std::string& key, Answer answer) {
    const auto size = answer.size();
    if (!answers_.emplace(key, std::move(answer)).second) return;
    order_.push_back(key);
    findings_ += size;
    while (order_.size() > kMostKept || (findings_ > kMostFindingsKept && order_.size() > 1)) {
      const auto oldest = answers_.find(order_.front());
      findings_ -= oldest->second.size();
      answers_.erase(oldest);
      order_.pop_front();
    }
  }

 private:
  std::map<std::string, Answer> answers_;
  std::deque<std::string> order_;
  std::size_t findings_ = 0;
};

/// One gate over one App: the same for what is before and what is after.
struct Question {
  GateConfig gate;
  gates::GateProgram program;
  bool reads_before = false;  ///< its command names {before}
  std::string policies_head{};
  std::string policies_id{};
  std::string tool_id{};
};

class ConfiguredGates final : public Gates {
 public:
  explicit ConfiguredGates(GatesParts parts) : parts_(std::move(parts)) {
    if (!parts_.run) {
      parts_.run = [clock = parts_.clock, pool = parts_.pool](gates::GateProgram program, gates::GateInput input) {
        return gates::run_gate(*clock, pool, std::move(program), std::move(input));
      };
    }
  }

  asio::awaitable<std::vector<GateResult>> judge(ManifestsToJudge judged) override {
    std::vector<GateResult> results;
    // As they are now: they may be exchanged while a tool runs.
    const auto config = parts_.config->gates;
    const auto tools = parts_.config->tools;
    if (!is_rendered(judged.app) || !judges_anything(config)) co_return results;
    auto began = parts_.clock->mono_now();
    auto work = [config, before = judged.before, after = judged.after] { return judge_built_in(config, before, after); };
    auto working = offload(parts_.pool, std::move(work));
    results.push_back(co_await std::move(working));
    tell(results.back(), began);
    for (const auto& gate : config.tools) {
      if (!concerns(gate, judged.app)) continue;
      began = parts_.clock->mono_now();
      auto judging = judge_by(gate, tools, judged);
      results.push_back(co_await std::move(judging));
      tell(results.back(), began);
    }
    co_return results;
  }

 private:
  void tell(const GateResult& result, MonoTime began) const {
    if (parts_.on_judged) parts_.on_judged(result, std::chrono::duration_cast<Duration>(parts_.clock->mono_now() - began));
  }

  /// `judged` is the caller's, who waits.
  asio::awaitable<GateResult> judge_by(const GateConfig& gate, const ToolsConfig& tools, const ManifestsToJudge& judged) {
    const bool blocks = gate.effect == GateEffect::Block;
    Question question{gate, program_of(gate, tools), names(gate, "{before}")};
    // There is nothing that it could read.
    if (judged.after.empty() && !question.reads_before) co_return new_findings(gate.name, blocks, {}, {});
    auto ready = co_await prepare(question);
    if (!ready) co_return unjudged(gate.name, blocks, ready.error().message);
    auto after = co_await ask(question, judged.before, judged.after);
    if (!after) co_return unjudged(gate.name, blocks, after.error().message);
    Answer known;
    if (!after->empty() && !judged.before.empty()) {
      auto before = co_await ask(question, judged.before, judged.before);
      // Without it nothing counts as known.
      if (before) known = *std::move(before);
    }
    co_return new_findings(gate.name, blocks, *std::move(after), std::move(known));
  }

  asio::awaitable<Result<void>> prepare(Question& question) {
    if (!question.gate.repository.empty()) {
      if (parts_.policies == nullptr) co_return Error{ErrorKind::Unavailable, "policies in Git can't be read here"};
      auto finding = parts_.policies->find(question.gate.repository, question.gate.policies);
      CO_TRY(auto found, co_await std::move(finding));
      question.policies_head = std::move(found.head);
      question.policies_id = std::move(found.id);
    }
    auto work = [program = question.program, policies = local_policies(question.gate)] { return gates::identity_of(program, policies); };
    auto working = offload(parts_.pool, std::move(work));
    CO_TRY(question.tool_id, co_await std::move(working));
    co_return Result<void>{};
  }

  static std::string local_policies(const GateConfig& gate) { return gate.repository.empty() ? gate.policies : std::string(); }

  asio::awaitable<Result<Answer>> ask(const Question& question, const std::vector<Manifest>& before, const std::vector<Manifest>& manifests) {
    const auto& compared = question.reads_before ? before : kNothing;
    auto work = [now = manifests, then = compared] { return id_of(now) + id_of(then); };
    auto working = offload(parts_.pool, std::move(work));
    const auto objects = co_await std::move(working);
    const auto key = sha256_hex(fmt::format("{}\x1f{}\x1f{}\x1f{}", question.gate.name, question.tool_id, question.policies_id, objects));
    if (const auto* known = memory_.find(key)) co_return *known;
    CO_TRY(const auto turn, co_await one_at_a_time_.enter());
    if (const auto* known = memory_.find(key)) co_return *known;
    gates::GateInput input(*parts_.redactor);
    input.manifests = manifests;
    input.before = compared;
    input.policies = local_policies(question.gate);
    if (!question.policies_head.empty()) {
      auto reading = parts_.policies->read(question.gate.repository, question.policies_head, question.gate.policies);
      CO_TRY(input.policy_files, co_await std::move(reading));
    }
    auto running = parts_.run(question.program, std::move(input));
    CO_TRY(auto findings, co_await std::move(running));
    memory_.keep(key, findings);
    co_return findings;
  }

  inline static const std::vector<Manifest> kNothing{};

  GatesParts parts_;
  Memory memory_;
  Gate one_at_a_time_;
};

}  // namespace

gates::GateProgram program_of(const GateConfig& gate, const ToolsConfig& tools) {
  gates::GateProgram program;
  program.format = format_of(gate);
  program.argv = gate.tool == GateTool::Command ? gate.command : gates::argv_of(program.format, gate.arguments, !(gate.policies.empty() && gate.repository.empty()));
  program.timeout = gate.timeout;
  program.memory_bytes = static_cast<std::size_t>(tools.memory_mib) << 20U;
  program.fence_required = tools.fence == FenceMode::Required;
  return program;
}

bool concerns(const GateConfig& gate, const App& app) {
  return gate.effect != GateEffect::Off && matches(gate.apps, app.name) && matches(gate.environments, app.environment);
}

std::unique_ptr<Gates> create_gates(GatesParts parts) { return std::make_unique<ConfiguredGates>(std::move(parts)); }

}  // namespace driftwarden
