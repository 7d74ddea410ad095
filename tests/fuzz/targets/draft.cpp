// What a model answers when it is asked for a draft, and the manifests in it.
#include "bot/assist/draft.hpp"
#include "bot/change/draft_guard.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace driftwarden::fuzz {
namespace {

void look_at(const DraftStep& step) {
  App app;
  app.name = "web";
  app.namespace_ = "shop";
  const auto documents = parse_yaml(step.content, "new.yaml");
  if (!documents) return;
  std::vector<Manifest> made;
  for (const auto& document : *documents) {
    if (!document.is_object() || !planning::check_made(document, app)) continue;
    const auto ref = ref_of(document);
    check(ref.kind != "Secret" && !ref.group.starts_with("rbac."), "no draft makes secrets or rights");
    check(ref.namespace_.empty() || ref.namespace_ == "shop", "no draft leaves its namespace");
    made.push_back({ref, std::make_shared<const nlohmann::json>(document), "new.yaml", 0});
  }
  const std::vector<Manifest> nothing;
  const auto fine = planning::check_effect({nothing, nothing, made, {}, made}, app);
  if (!fine) check(!fine.error().message.empty(), "a refusal has words");
}

void run(std::string_view input) {
  const auto draft = read_draft(std::string(input));
  if (!draft) {
    check(!draft.error().message.empty() && draft.error().message.size() < 1'000, "a refusal has few words");
    return;
  }
  check(draft->steps.size() <= 20, "a draft is bounded");
  check(draft->summary.find_first_of("<>@[]*`|\n") == std::string::npos && draft->summary.find("://") == std::string::npos, "a summary is only words");
  ProposeRequest request;
  request.sentence = "as asked";
  request.steps = draft->steps;
  request.summary = draft->summary;
  check(propose_request_from(to_json_text(request)) == request, "what is kept is what was read");
  for (const auto& step : draft->steps) {
    if (step.kind == DraftStep::Kind::Create) look_at(step);
    if (step.kind == DraftStep::Kind::Delete) check(!step.set.target.empty() && step.set.path.empty() && step.content.empty(), "what goes is a name and nothing else");
  }
}

const Target target("draft", &run);

}  // namespace
}  // namespace driftwarden::fuzz
