// From a sentence to the steps of a Change: a model is asked, its answer is taken as data, tried as anybody's would be, and asked for once more if it can't
// be taken. Until the steps are kept nothing is pushed, so a crash only means that the model is asked again.
#include "bot/assist/assistant.hpp"
#include "bot/assist/draft.hpp"
#include "bot/change/changes.hpp"
#include "bot/change/hidden_values.hpp"
#include "bot/change/plan_parts.hpp"
#include "bot/change/try_on_cluster.hpp"
#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "gitops/manifest/hide_secrets.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr int kTries = 2;
constexpr std::size_t kMostFilesRead = 200;
constexpr std::size_t kLongestFile = 64U << 10U;

std::string_view made_by(RenderKind kind) {
  switch (kind) {
    case RenderKind::Auto:
    case RenderKind::Plain: return "plain files";
    case RenderKind::Kustomize: return "kustomize";
    case RenderKind::Helm: return "a Helm chart";
    case RenderKind::Plugin: return "a plugin";
  }
  return "plain files";
}

bool is_yaml(const std::string& path) { return path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json"); }

/// What a model may see of a file: nothing where it holds a Secret, and no value that sounds like one.
std::string shown_text(const TreeEntry& file) {
  if (!is_yaml(file.path) || file.content.size() > kLongestFile || holds_secret(file.content, file.path)) return {};
  return join(without_hidden_values(split(file.content, '\n')), "\n");
}

RenderKind kind_of(const App& app, const std::vector<TreeEntry>& files) {
  if (app.render != RenderKind::Auto) return app.render;
  const auto has = [&](std::string_view name) { return std::ranges::any_of(files, [&](const TreeEntry& file) { return file.path == name; }); };
  if (has("kustomization.yaml") || has("kustomization.yml") || has("Kustomization")) return RenderKind::Kustomize;
  return has("Chart.yaml") ? RenderKind::Helm : RenderKind::Plain;
}

/// Where other Apps are kept inside of this one's path, from there: their files are theirs.
std::vector<std::string> paths_of_others(const App& app, const std::vector<App>& apps) {
  std::vector<std::string> paths;
  for (const auto& other : apps) {
    const bool inside = other.name != app.name && other.repository == app.repository && !other.orphans && other.path != app.path && planning::is_below(other.path, app.path);
    if (inside && !other.path.empty()) paths.push_back(other.path.substr(app.path.empty() ? 0 : app.path.size() + 1));
  }
  return paths;
}

Result<void> add_files(Mirror& mirror, const App& app, const std::string& head, const std::vector<std::string>& others, DraftMaterial& material) {
  TRY(const auto files, mirror.read_tree(head, app.path));
  material.made_by = made_by(kind_of(app, files));
  for (const auto& file : files) {
    if (material.files.size() == kMostFilesRead) break;
    const bool theirs = std::ranges::any_of(others, [&](const std::string& path) { return planning::is_below(file.path, path); });
    if (!theirs && !planning::is_below(file.path, ".driftwarden")) material.files.push_back({file.path, shown_text(file)});
  }
  return Result<void>{};
}

asio::awaitable<Result<llm::Prompt>> gather(Fleet& fleet, ModelConfig model, App app, std::string head, std::string sentence) {
  auto desired = fleet.desired(app.name);
  if (!desired) co_return Error{ErrorKind::Unavailable, app.name + " is not rendered yet"};
  DraftMaterial known;
  known.sentence = std::move(sentence);
  known.app = app.name;
  known.cluster = app.cluster;
  known.namespace_ = app.namespace_;
  known.objects = std::move(*desired);
  known.most_bytes = static_cast<std::size_t>(std::max(model.prompt_kib, 4)) << 10U;
  // All of a big App is masked before most of it is left out: on the pool.
  std::function<Result<llm::Prompt>(Mirror&)> write = [known, app, head, others = paths_of_others(app, fleet.apps()), tokens = model.answer_tokens](Mirror& mirror) -> Result<llm::Prompt> {
    auto material = known;
    CHECK_OK(add_files(mirror, app, head, others, material));
    auto prompt = draft_prompt(material);
    prompt.answer_tokens = tokens;
    return prompt;
  };
  auto writing = fleet.repository(app.repository).with_mirror<llm::Prompt>(std::move(write));
  co_return co_await std::move(writing);
}

Asking asking_of(const Change& change) {
  Asking asking;
  asking.purpose = Purpose::Propose;
  asking.who = change.requester;
  asking.app = change.app;
  asking.subject = change_name(change.id);
  if (change.card) asking.where = change.card->channel + "/" + change.card->ts;
  return asking;
}

/// What another answer could put right. The rest is told as it is, and tried again where that may help.
bool is_refusal(const Error& error) { return error.kind == ErrorKind::InvalidInput || error.kind == ErrorKind::NotFound || error.kind == ErrorKind::Corrupt; }

/// People ask again when they want to: what a model costs isn't spent on retries that nobody sees.
Error not_drafted(const Error& error) {
  if (error.kind == ErrorKind::Cancelled) return error;
  return Error{ErrorKind::InvalidInput, "the model drafted nothing: " + planning::shown(hide_secrets(error.message))};
}

/// It says that it can't, which is an answer.
Error gave_no_steps(const Draft& draft) {
  return Error{ErrorKind::InvalidInput, fmt::format("the model drafted nothing{}{}", draft.summary.empty() ? "" : "; its words: ", draft.summary)};
}

std::string draft_detail(const Told& told, const Draft& draft, int tries) {
  return json{{"model", model_name(told.model)}, {"asked", told.audit}, {"steps", draft.steps.size()}, {"tries", tries}, {"summary_digest", sha256_hex(draft.summary)}}.dump();
}

}  // namespace

asio::awaitable<Result<Changes::Written>> Changes::try_steps(Change change, App app, std::string head, std::string audit_id) {
  auto writing = write(change, app, head, audit_id);
  auto written = co_await std::move(writing);
  if (!written) co_return written.error();
  auto looking = effect_of(change, app, head, written->proposal.content.head_sha);
  auto effect = co_await std::move(looking);
  if (!effect) co_return effect.error();
  if (const auto other = taken_by_another(*parts_.fleet, app, effect->before, effect->after); !other.empty()) co_return planning::refused(other);
  auto trying = try_on_cluster(*parts_.fleet, *parts_.clock, app, effect->before, effect->after);
  auto tried = co_await std::move(trying);
  if (!tried) co_return tried.error();
  for (auto& note : *tried) written->proposal.notes.push_back(std::move(note));
  co_return std::move(*written);
}

asio::awaitable<Result<void>> Changes::keep_draft(Change& change, std::string argument, std::string detail) {
  std::function<ChangeStep(Change)> event = [argument, detail, now = parts_.clock->wall_now()](Change current) { return on_drafted(std::move(current), argument, detail, now); };
  auto stepping = step(change.id, std::move(event));
  auto stepped = co_await std::move(stepping);
  if (!stepped) co_return stepped.error();
  if (!stepped->refusal.empty()) co_return Error{ErrorKind::InvalidInput, stepped->refusal};
  change = stepped->next;
  co_return Result<void>{};
}

asio::awaitable<Result<Changes::Written>> Changes::write_drafted(Change& change, App app, std::string head, std::string audit_id) {
  auto request = propose_request_from(change.argument);
  if (!request.steps.empty()) {
    auto again = try_steps(change, app, head, audit_id);
    co_return co_await std::move(again);
  }
  if (parts_.assistant == nullptr || !parts_.assistant->serves(Purpose::Propose) || !parts_.config->model) {
    co_return Error{ErrorKind::InvalidInput, "no model drafts anything here: the configuration has none for it (`model`)"};
  }
  auto gathering = gather(*parts_.fleet, *parts_.config->model, app, head, request.sentence);
  auto prompt = co_await std::move(gathering);
  if (!prompt) co_return prompt.error();
  const auto asking = asking_of(change);
  std::string refusal;
  for (int tries = 1; tries <= kTries; ++tries) {
    auto asked = parts_.assistant->ask(asking, *prompt);
    auto told = co_await std::move(asked);
    if (!told) co_return not_drafted(told.error());
    auto draft = read_draft(told->text, told->cut);
    if (draft && draft->steps.empty()) co_return gave_no_steps(*draft);
    if (draft) {
      request.steps = draft->steps;
      request.summary = draft->summary;
      request.model = model_name(told->model);
      auto wanted = change;
      wanted.argument = to_json_text(request);
      auto trying = try_steps(wanted, app, head, audit_id);
      auto written = co_await std::move(trying);
      if (!written && !is_refusal(written.error())) co_return written.error();
      if (written) {
        auto keeping = keep_draft(change, wanted.argument, draft_detail(*told, *draft, tries));
        auto kept = co_await std::move(keeping);
        if (!kept) co_return kept.error();
        co_return std::move(*written);
      }
      refusal = written.error().message;
    } else {
      refusal = draft.error().message;
    }
    *prompt = redraft_prompt(std::move(*prompt), told->text, refusal);
  }
  co_return Error{ErrorKind::InvalidInput, fmt::format("what the model drafted can't be taken, and its second try neither: {}", hide_secrets(refusal))};
}

}  // namespace driftwarden
