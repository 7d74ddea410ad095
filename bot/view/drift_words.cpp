#include "bot/view/drift_words.hpp"

#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace driftwarden::view {
namespace {

constexpr std::size_t kValueShown = 80;
constexpr std::size_t kBeforeDifference = 24;
constexpr std::size_t kPathShown = 200;
constexpr std::size_t kRemarksShown = 3;
constexpr Duration kFresh{60'000};

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kNotes{{
    {"terminating", "is being deleted and not gone yet"},
    {"immutable", "is refused by the server: Git changes a field that can't be changed"},
    {"dry-run-failed", "is refused by the server as Git has it"},
    {"derived-edited", "makes a Secret that was edited by hand"},
    {"rolled-back", "runs an older image than Git asks for"},
    {"encrypted", "is encrypted: only its keys are compared"},
    {"kind-not-served", "the cluster does not serve this kind"},
    {"forbidden", "I may not read it"},
    {"not-read-yet", "I have not read it yet"},
    {"not-watched", "I could not list it"},
    {"no-schema", "I have no schema for it and could not ask the server"},
    {"other-version", "is read in another apiVersion than Git's"},
    {"compare-disabled", "is not compared: its annotation says so"},
    {"render-unstable", "renders differently each time"},
}};

/// Why something is no drift, or said elsewhere: nothing to tell in an alert.
constexpr std::array<std::string_view, 14> kQuietNotes{"unconfirmed", "deployer-tracking", "ignored-by-rule", "ignore-rule-expired", "autoscaled",      "aggregated-rules", "ca-bundle",          "restarted",       "same-quantity",
                                                      "same-duration", "order-only", "crd-field-dropped", "undeclared-field", "controller-field"};

bool has_note(const ObjectDrift& drift, std::string_view note) { return std::ranges::find(drift.notes, note) != drift.notes.end(); }

std::string value_words(const std::optional<std::string>& value) {
  if (!value) return "_nothing_";
  return *value == "null" ? "_the default_" : code_span(ellipsize(*value, kValueShown));
}

/// Long values from shortly before where they begin to differ, or both sides would look the same.
FieldDrift from_the_difference(FieldDrift field) {
  if (!field.desired || !field.live || std::max(field.desired->size(), field.live->size()) <= kValueShown) return field;
  const auto differs = std::mismatch(field.desired->begin(), field.desired->end(), field.live->begin(), field.live->end());
  const auto same = static_cast<std::size_t>(differs.first - field.desired->begin());
  if (same <= kBeforeDifference) return field;
  auto start = same - kBeforeDifference;
  while (start > 0 && (static_cast<unsigned char>((*field.desired)[start]) & 0xC0U) == 0x80U) --start;
  for (auto* value : {&*field.desired, &*field.live}) *value = "\u2026" + value->substr(start);
  return field;
}

std::string change_words(const FieldDrift& whole) {
  const auto field = from_the_difference(whole);
  switch (field.op) {
    case FieldOp::Changed:
      // An arrow from Git to live would read backwards where it was Git that moved.
      if (field.cause == FieldCause::Git) return fmt::format("{}, Git now says {}", value_words(field.live), value_words(field.desired));
      return fmt::format("{} \u2192 {}", value_words(field.desired), value_words(field.live));
    case FieldOp::Removed: return fmt::format("{}, Git says {}", field.cause == FieldCause::Git ? "not there yet" : "removed", value_words(field.desired));
    case FieldOp::Added: return fmt::format("added: {}", value_words(field.live));
    case FieldOp::Stale: return fmt::format("no longer in Git: {}", value_words(field.live));
    case FieldOp::Order: return "in another order";
  }
  return "";
}

std::string field_line(const FieldDrift& field) {
  auto line = fmt::format("\u2022 {} {}", code_span(ellipsize(field.path, kPathShown)), change_words(field));
  if (field.by) line += fmt::format(" by *{}*", name_words(*field.by));
  if (field.time) line += " " + time_span(*field.time);
  return line;
}

/// "immutable" says more than the "dry-run-failed" that comes with it.
std::string notes_words(const ObjectDrift& drift) {
  std::vector<std::string> words;
  for (const auto& note : drift.notes) {
    if (note == "dry-run-failed" && has_note(drift, "immutable")) continue;
    if (auto text = note_words(note); !text.empty()) words.push_back(std::move(text));
  }
  return ellipsize(join(words, "; "), 300);
}

/// An object that no Git knows: who made it, and when, from its note "created by kubectl-create 2026-11-19T09:00:00Z".
std::string maker_words(const ObjectDrift& drift) {
  constexpr std::string_view created = "created";
  const auto note = std::ranges::find_if(drift.notes, [&](const std::string& each) { return each.starts_with(created); });
  if (note == drift.notes.end()) return {};
  std::string_view rest = std::string_view(*note).substr(created.size());
  std::string words;
  const auto last = rest.rfind(' ');
  const auto time = last == std::string_view::npos ? Result<WallTime>(Error{ErrorKind::NotFound, ""}) : parse_time(rest.substr(last + 1));
  if (time) {
    words = " " + time_span(*time);
    rest = rest.substr(0, last);
  }
  constexpr std::string_view by = " by ";
  return rest.starts_with(by) ? fmt::format(" by *{}*{}", name_words(rest.substr(by.size())), words) : words;
}

bool is_resource(const ObjectDrift& drift) { return drift.object.group == "terraform"; }
bool is_task(const ObjectDrift& drift) { return drift.object.group == "ansible"; }

/// `module.net.aws_instance.web`, `install nginx` on `web1`, `Deployment shop/checkout`
std::string name_of(const ObjectDrift& drift) {
  const auto& ref = drift.object;
  if (is_resource(drift)) return code_span(ellipsize((ref.namespace_.empty() ? "" : ref.namespace_ + ".") + ref.kind + "." + ref.name, kPathShown));
  if (is_task(drift)) return fmt::format("{} on {}", code_span(ellipsize(ref.name, kPathShown)), code_span(ellipsize(ref.namespace_, 100)));
  return code_span(ellipsize(to_string(ref), kPathShown));
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kPlanned{{
    {"replace", "would be replaced"},
    {"delete", "would be destroyed"},
    {"create", "would be created"},
    {"forget", "would be forgotten, and stay as it is"},
    {"import", "would be imported"},
    {"move", "would be moved in the state"},
    {"gone", "was deleted outside of Git"},
}};

/// What would come of it: "would be replaced; was deleted outside of Git".
std::string planned_line(const ObjectDrift& drift) {
  std::vector<std::string> words;
  for (const auto& [note, text] : kPlanned) {
    if (has_note(drift, note)) words.emplace_back(text);
  }
  for (const auto& note : drift.notes) {
    const bool known = std::ranges::find(kPlanned, note, &std::pair<std::string_view, std::string_view>::first) != kPlanned.end();
    if (!known && words.size() < 5) words.push_back(note_words(note));
  }
  std::erase(words, "");
  if (words.empty()) words.emplace_back(is_task(drift) ? "would change something" : "would be changed");
  return fmt::format("{} {}", name_of(drift), ellipsize(join(words, "; "), 300));
}

std::string object_line(const ObjectDrift& drift) {
  if (is_resource(drift) || is_task(drift)) return planned_line(drift);
  const auto name = name_of(drift);
  const auto notes = notes_words(drift);
  switch (drift.verdict) {
    case Verdict::Missing: return name + " is in Git but not in the cluster";
    case Verdict::Extra: return name + " is in the cluster but gone from Git";
    case Verdict::Untracked: return name + maker_words(drift);
    case Verdict::Unknown: return fmt::format("{} can't be judged{}{}", name, notes.empty() ? "" : ": ", notes);
    default: return fmt::format("{} {}", name, notes.empty() ? "differs" : notes);
  }
}

/// Without what the report's reason says of the object already.
std::string heading_line(const DriftReport& report, const ObjectDrift& drift) {
  if (is_resource(drift) || is_task(drift)) return planned_line(drift);
  const bool told = report.cause == Cause::Stuck && report.reason.find(to_string(drift.object)) != std::string::npos;
  const auto notes = told ? std::string{} : notes_words(drift);
  return notes.empty() ? name_of(drift) : fmt::format("{} {}", name_of(drift), notes);
}

std::string fight_line(const Fight& fight) {
  std::string managers;
  for (std::size_t i = 0; i < fight.managers.size(); ++i) {
    const auto* const before = i == 0 ? "" : i + 1 == fight.managers.size() ? " and " : ", ";
    managers += fmt::format("{}*{}*", before, name_words(fight.managers[i]));
  }
  const auto* const does = fight.managers.size() > 1 ? " fight over" : fight.managers.empty() ? "Somebody keeps changing" : " keeps changing";
  return fmt::format("{}{} {} of {}: {} in the last 10 minutes", managers, does, code_span(ellipsize(fight.path, kPathShown)),
                     code_span(ellipsize(to_string(fight.object), kPathShown)), counted(fight.flips, "flip"));
}

bool is_fought_over(const DriftReport& report, const ObjectDrift& drift, const FieldDrift& field) {
  return std::ranges::any_of(report.fights, [&](const Fight& fight) { return same_object(fight.object, drift.object) && fight.path == field.path; });
}

int rank(const ObjectDrift& drift) {
  if (drift.verdict == Verdict::Untracked) return 3;
  if (!drift.fields.empty()) return 0;
  return drift.verdict == Verdict::Unknown ? 2 : 1;
}

bool before(const ObjectDrift* a, const ObjectDrift* b) {
  if (rank(*a) != rank(*b)) return rank(*a) < rank(*b);
  return a->verdict == Verdict::Untracked && a->object.kind < b->object.kind;
}

std::string date_of(WallTime time) { return format_time(time).substr(0, 10); }

/// ".spec.replicas of Deployment *" with the first word, the path, as code.
std::string rule_words(const RuleUse& use) { return code_span(ellipsize(use.rule, kPathShown)); }

template <class T, class Words>
void add_some(std::vector<std::string>& lines, const std::vector<T>& all, Words&& words) {
  for (std::size_t i = 0; i < all.size() && i < kRemarksShown; ++i) lines.push_back(words(all[i]));
  if (all.size() > kRemarksShown) lines.push_back(fmt::format("\u2026 and {} more", all.size() - kRemarksShown));
}

}  // namespace

std::string counted(std::size_t count, std::string_view noun) { return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s"); }

std::string name_words(std::string_view name) {
  auto words = slack::escape(without_control_characters(ellipsize(name, 80)));
  std::ranges::replace(words, '*', '\'');
  std::ranges::replace(words, '`', '\'');
  return words;
}

std::string until_words(const RuleUse& use) {
  if (!use.until) return {};
  return (use.expired ? "ran out on " : "until ") + date_of(*use.until);
}

std::string state_emoji(AppState state) {
  switch (state) {
    case AppState::Synced: return ":white_check_mark:";
    case AppState::OutOfSync: return ":rotating_light:";
    case AppState::Unknown: return ":grey_question:";
  }
  return "";
}

std::string cause_words(Cause cause) {
  switch (cause) {
    case Cause::None: return "in sync";
    case Cause::LiveEdited: return "edited live";
    case Cause::GitAhead: return "Git is ahead";
    case Cause::Both: return "edited live, and Git is ahead";
    case Cause::Missing: return "deleted live";
    case Cause::Extra: return "gone from Git, still in the cluster";
    case Cause::Fight: return "a field goes to and fro";
    case Cause::Stuck: return "stuck";
    case Cause::RenderUnstable: return "renders differently each time";
    case Cause::Unknown: return "cause unknown";
  }
  return "";
}

bool is_rolled_back(const DriftReport& report) {
  return std::ranges::any_of(report.objects, [](const ObjectDrift& drift) { return has_note(drift, "rolled-back"); });
}

std::string cause_words(const DriftReport& report) {
  const bool one_another = std::ranges::any_of(report.fights, [](const Fight& fight) { return fight.managers.size() > 1; });
  if (report.cause == Cause::Fight && one_another) return "two managers fight over it";
  if (is_rolled_back(report) && report.cause == Cause::LiveEdited) return "rolled back outside Git";
  if (is_rolled_back(report) && report.cause == Cause::Both) return "rolled back outside Git, and Git is ahead";
  return cause_words(report.cause);
}

std::string planned_words(const DriftReport& report) {
  std::size_t replaced = 0;
  std::size_t destroyed = 0;
  std::size_t created = 0;
  std::size_t tasks = 0;
  std::size_t changed = 0;
  for (const auto& drift : report.objects) {
    if (drift.verdict == Verdict::Unknown) continue;
    auto& count = is_task(drift) ? tasks : has_note(drift, "replace") ? replaced : has_note(drift, "delete") ? destroyed : has_note(drift, "create") ? created : changed;
    ++count;
  }
  std::vector<std::string> words;
  const auto add = [&](std::size_t count, std::string_view what) {
    if (count > 0) words.push_back(fmt::format("{} {}", count, what));
  };
  add(destroyed, "to destroy");
  add(replaced, "to replace");
  add(changed, "to change");
  add(created, "to create");
  add(tasks, tasks == 1 ? "task would change something" : "tasks would change something");
  return words.empty() ? "nothing to change" : join(words, ", ");
}

std::string opinion_line(const Opinion& opinion) {
  const auto clean = [](const std::string& text, std::size_t limit) { return slack::escape(without_control_characters(ellipsize(text, limit))); };
  if (opinion.by.empty()) return {};
  auto line = fmt::format("{} says {}", clean(opinion.by, 40), opinion.state == AppState::Unknown ? "that it doesn't know" : std::string(to_string(opinion.state)));
  if (!opinion.revision.empty()) line += " at " + code_span(short_sha(opinion.revision));
  if (!opinion.health.empty() && opinion.health != "Healthy" && opinion.health != "Ready") line += ", " + clean(opinion.health, 60);
  if (opinion.paused) line += opinion.by == "Flux" ? ", suspended" : ", auto-sync off";
  if (!opinion.operation.empty()) line += ", " + clean(opinion.operation, 120);
  if (!opinion.waits_for.empty()) line += ", waits: " + clean(opinion.waits_for, 200);
  if (!opinion.message.empty()) line += ": " + clean(opinion.message, 300);
  return line;
}

std::string disagreement(const DriftReport& report) {
  if (!report.opinion || report.opinion->by.empty()) return {};
  const auto& opinion = *report.opinion;
  const auto by = slack::escape(opinion.by);
  if (opinion.state == AppState::Synced && report.state == AppState::OutOfSync) {
    const bool only_added = std::ranges::all_of(report.objects, [](const ObjectDrift& drift) {
      return drift.verdict == Verdict::OutOfSync && !drift.fields.empty() && std::ranges::all_of(drift.fields, [](const FieldDrift& field) { return field.op == FieldOp::Added; });
    });
    if (only_added && !report.objects.empty()) return fmt::format("{} can't see it: it compares only the fields that Git speaks of, and these were added by hand. A sync leaves them.", by);
    if (!opinion.revision.empty() && !report.revision.empty() && opinion.revision != report.revision) {
      return fmt::format("{} speaks of {}, and Git is at {}: it has not looked again since.", by, code_span(short_sha(opinion.revision)), code_span(short_sha(report.revision)));
    }
    return fmt::format("{} has not looked again since, or is told to ignore it there: my own watch is the newer word.", by);
  }
  if (opinion.state == AppState::OutOfSync && report.state == AppState::Synced) {
    return fmt::format("{} has not looked again since, or counts what I was told to ignore.", by);
  }
  if (opinion.paused && report.state == AppState::OutOfSync) return fmt::format("{} puts nothing in force by itself now: it is {}.", by, opinion.by == "Flux" ? "suspended" : "without auto-sync");
  return {};
}

std::string place_name(const App& app) { return app.kind == AppKind::Kubernetes ? app.cluster : std::string(to_string(app.plan.tool)); }

std::string deployer_words(const App& app) {
  if (app.kind != AppKind::Kubernetes) return std::string(to_string(app.plan.tool));
  if (app.deployer.kind == DeployerKind::None) return {};
  return fmt::format("{} ({})", to_string(app.deployer.kind), slack::escape(to_string(app.deployer.object)));
}

std::string note_words(std::string_view note) {
  if (std::ranges::find(kQuietNotes, note) != kQuietNotes.end()) return {};
  const auto found = std::ranges::find(kNotes, note, &std::pair<std::string_view, std::string_view>::first);
  if (found != kNotes.end()) return std::string(found->second);
  return slack::escape(without_control_characters(note));
}

std::vector<std::string> drift_lines(const DriftReport& report, std::size_t limit) {
  std::vector<std::string> lines;
  std::size_t total = 0;
  const auto add = [&](auto&& make) {
    if (++total <= limit) lines.push_back(make());
  };
  for (const auto& fight : report.fights) add([&] { return fight_line(fight); });
  std::vector<const ObjectDrift*> drifts;
  for (const auto& drift : report.objects) drifts.push_back(&drift);
  std::ranges::stable_sort(drifts, before);
  for (const auto* drift : drifts) {
    const bool whole = drift->fields.empty() || drift->verdict == Verdict::Untracked;
    if (whole) {
      add([&] { return object_line(*drift); });
      continue;
    }
    bool named = false;
    for (const auto& field : drift->fields) {
      if (is_fought_over(report, *drift, field)) continue;
      if (!std::exchange(named, true) && total < limit) lines.push_back(heading_line(report, *drift));
      add([&] { return field_line(field); });
    }
  }
  if (total > limit) lines.push_back(fmt::format("\u2026 and {} more", total - limit));
  return lines;
}

std::vector<std::string> concern_lines(const DriftReport& report) {
  std::vector<std::string> lines;
  std::vector<RuleUse> expired;
  std::ranges::copy_if(report.rules, std::back_inserter(expired), &RuleUse::expired);
  add_some(lines, expired, [](const RuleUse& use) {
    return fmt::format(":hourglass: an ignore rule{} {}: {}{}", use.owner.empty() ? "" : fmt::format(" of *{}*", name_words(use.owner)), use.until ? until_words(use) : "ran out",
                       rule_words(use), use.reason.empty() ? "" : fmt::format(" ({})", slack::escape(without_control_characters(ellipsize(use.reason, 120)))));
  });
  add_some(lines, report.warnings, [](const std::string& warning) { return ":warning: " + slack::escape(without_control_characters(ellipsize(warning, 300))); });
  return lines;
}

std::vector<std::string> hidden_lines(const DriftReport& report) {
  std::vector<std::string> lines;
  std::vector<RuleUse> hiding;
  std::ranges::copy_if(report.rules, std::back_inserter(hiding), [](const RuleUse& use) { return !use.expired && use.fields > 0; });
  add_some(lines, hiding, [](const RuleUse& use) {
    std::vector<std::string> facts;
    if (!use.owner.empty()) facts.push_back(name_words(use.owner));
    if (use.until) facts.push_back(until_words(use));
    if (!use.reason.empty()) facts.push_back(slack::escape(without_control_characters(ellipsize(use.reason, 120))));
    return fmt::format(":see_no_evil: {} hidden by {}{}", counted(use.fields, "field"), rule_words(use), facts.empty() ? "" : fmt::format(" ({})", join(facts, ", ")));
  });
  return lines;
}

std::string age_words(const DriftReport& report, WallTime now) {
  return report.as_of != WallTime{} && now - report.as_of > kFresh ? "as of " + clock_span(report.as_of) : std::string{};
}

std::vector<std::string> small_print(const DriftReport& report) {
  std::vector<std::string> lines;
  const auto unconfirmed = static_cast<std::size_t>(std::ranges::count_if(report.objects, [](const ObjectDrift& drift) { return has_note(drift, "unconfirmed"); }));
  if (unconfirmed > 0) {
    const auto which = unconfirmed == report.objects.size() ? "" : fmt::format("{} of {} ", unconfirmed, counted(report.objects.size(), "object"));
    lines.push_back(which + "not confirmed by the server: I may not dry-run there, or got no answer");
  }
  std::vector<std::string> images;
  for (const auto& floating : report.floating) {
    if (std::ranges::find(images, floating.image) == images.end()) images.push_back(floating.image);
  }
  add_some(lines, images, [](const std::string& image) { return fmt::format("{} may change under its name", code_span(ellipsize(image, kPathShown))); });
  return lines;
}

}  // namespace driftwarden::view
