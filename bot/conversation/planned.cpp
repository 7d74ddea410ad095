// Apps that a tool plans: what can be asked of them, and what to do instead of the rest.
#include "bot/change/plan.hpp"
#include "bot/conversation/handlers.hpp"
#include "bot/view/blocks.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

std::string tool_of(const App& app) { return std::string(to_string(app.plan.tool)); }

bool may_be_applied(const App& app) { return app.kind == AppKind::Terraform && app.plan.apply; }

/// What to do instead, as a sentence.
std::string instead(Verb verb, const App& app) {
  const auto name = slack::escape(app.name);
  switch (verb) {
    case Verb::Sync:
      return may_be_applied(app) ? fmt::format("Git gets there by merging a pull request, and what runs by `apply {}`, which plans it once more and asks somebody else to approve exactly that.", name)
                                 : fmt::format("Git gets there by merging a pull request, and what runs by whoever applies it after that. `refresh {}` plans it again.", name);
    case Verb::Apply: return app.kind == AppKind::Ansible ? std::string("Playbooks are only checked here, and run where you always run them.") : fmt::format("I may not apply it: `apply: true` in its {} configuration would allow that.", tool_of(app));
    case Verb::Adopt: return fmt::format("What was changed past Git can't be written into its files by me: change them by a pull request, or put it back with {}.", tool_of(app));
    case Verb::Logs:
    case Verb::Pods:
    case Verb::Events:
    case Verb::Describe: return "It runs in no cluster that I watch.";
    case Verb::Restart: return "It has no workloads to restart.";
    case Verb::Ignore: return "What its plan says is ignored in its own files (`lifecycle { ignore_changes }`), by a pull request.";
    case Verb::Move: return "It is on no cluster.";
    default: return fmt::format("Its files are changed by a pull request of your own, or put back by `rollback {}`; `diff {}` shows what comes of it.", name, name);
  }
}

/// The Change that a verb that writes to Git asks for. Promote names two Apps and looks itself.
std::optional<ChangeVerb> writes(Verb verb) {
  switch (verb) {
    case Verb::Sync: return ChangeVerb::Sync;
    case Verb::Rollback: return ChangeVerb::Rollback;
    case Verb::Adopt: return ChangeVerb::Adopt;
    case Verb::SetImage:
    case Verb::PinImage: return ChangeVerb::SetImage;
    case Verb::Scale: return ChangeVerb::Scale;
    case Verb::Set: return ChangeVerb::Set;
    case Verb::Move: return ChangeVerb::Move;
    case Verb::Propose: return ChangeVerb::Propose;
    default: return std::nullopt;
  }
}

/// Why nothing that is written to the branch would come into force, "" = it would.
std::string in_vain(Verb verb, const App& app) {
  const auto written = writes(verb);
  return written ? kept_elsewhere(*written, app) : std::string();
}

}  // namespace

bool works_on_planned(Verb verb) {
  switch (verb) {
    case Verb::Sync:
    case Verb::Adopt:
    case Verb::Ignore:
    case Verb::SetImage:
    case Verb::PinImage:
    case Verb::Scale:
    case Verb::Set:
    case Verb::Promote:
    case Verb::Propose:
    case Verb::Restart:
    case Verb::Move:
    case Verb::Logs:
    case Verb::Pods:
    case Verb::Events:
    case Verb::Describe: return false;
    default: return true;
  }
}

std::optional<Answer> check_planned(const Call& call, const App& app) {
  const auto verb = call.command.verb;
  if (app.orphans) return std::nullopt;
  if (const auto why = in_vain(verb, app); !why.empty()) return say(fmt::format(":information_source: {}.", slack::escape(why)));
  if (app.kind == AppKind::Kubernetes) {
    if (verb != Verb::Apply) return std::nullopt;
    return say(fmt::format(":information_source: *{}* is rendered from Git, and no tool plans it: `sync {}` puts Git in force.", slack::escape(app.name), slack::escape(app.name)));
  }
  if (works_on_planned(verb) && (verb != Verb::Apply || may_be_applied(app))) return std::nullopt;
  return say(fmt::format(":information_source: *{}* is planned by {}. {}", slack::escape(app.name), tool_of(app), instead(verb, app)));
}

}  // namespace driftwarden
