#include "gitops/diff/print.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::size_t kValueShown = 160;
constexpr std::size_t kBeforeChange = 30;  ///< bytes of a long value that lead up to where it changes
constexpr std::size_t kNamesShown = 12;

constexpr std::array<std::pair<std::string_view, std::string_view>, 28> kNotes{{
    {"aggregated-rules", "its rules are filled in by the controller that aggregates them"},
    {"autoscaled", "an autoscaler sets the replicas"},
    {"ca-bundle", "a controller fills in the caBundle"},
    {"compare-disabled", "its annotation driftwarden.io/compare in Git switches the comparison off"},
    {"controller-field", "a controller added fields of its own"},
    {"crd-field-dropped", "the server no longer keeps preserveUnknownFields: false"},
    {"deployer-tracking", "who deploys it left its own labels and annotations"},
    {"derived-edited", "the Secret made from it was edited by hand"},
    {"dry-run-failed", "the server refuses what Git says"},
    {"encrypted", "encrypted in Git: only the type and the names of keys are compared"},
    {"forbidden", "it may not be read"},
    {"immutable", "Git changes a field that can't be changed; the object must be replaced"},
    {"kind-not-served", "the cluster does not serve this kind"},
    {"no-object", "there is no object on either side"},
    {"no-schema", "its kind has no schema here, and no dry-run was given"},
    {"not-read-yet", "it was not read yet"},
    {"not-watched", "it could not be listed"},
    {"order-only", "a controller reordered the metrics"},
    {"other-version", "live was read in another apiVersion than Git's"},
    {"render-unstable", "what differs is rendered differently each time"},
    {"restarted", "its pods were restarted by hand"},
    {"rolled-back", "live runs an older image than Git asks for"},
    {"same-duration", "a controller wrote the same duration in other words"},
    {"same-quantity", "a controller wrote the same quantity in other words"},
    {"terminating", "it is being deleted and not gone yet"},
    {"unconfirmed", "no right to ask the server by dry-run; compared here only"},
    {"undeclared-field", "Git has a field that the kind's schema lacks; the server ignores it"},
    {"ignored-by-rule", "an ignore rule hides fields"},
}};

std::string_view words_of(std::string_view note) {
  const auto found = std::find_if(kNotes.begin(), kNotes.end(), [&](const auto& known) { return known.first == note; });
  return found == kNotes.end() ? std::string_view() : found->second;
}

/// Digests need no quotes: they are no value.
std::string plain(const std::string& value) { return value.starts_with("\"hmac:") && value.ends_with('"') ? value.substr(1, value.size() - 2) : value; }

std::string shown(const std::optional<std::string>& value) {
  if (!value) return "nothing";
  return *value == "null" ? "the default" : ellipsize(plain(*value), kValueShown);
}

/// A long value from shortly before byte `from` on.
std::string part(const std::string& value, std::size_t from) {
  auto start = from > kBeforeChange ? from - kBeforeChange : 0;
  while (start > 0 && (static_cast<unsigned char>(value[start]) & 0xC0U) == 0x80U) --start;
  return (start > 0 ? "\xE2\x80\xA6" : "") + ellipsize(std::string_view(value).substr(start), kValueShown);
}

std::pair<std::string, std::string> both(const FieldDrift& field) {
  if (!field.desired || !field.live || std::max(field.desired->size(), field.live->size()) <= kValueShown) return {shown(field.desired), shown(field.live)};
  const auto differs = std::mismatch(field.desired->begin(), field.desired->end(), field.live->begin(), field.live->end());
  const auto same = static_cast<std::size_t>(differs.first - field.desired->begin());
  return {part(*field.desired, same), part(*field.live, same)};
}

/// The elements of a list by name, or as they are.
std::string names_of(const std::optional<std::string>& list) {
  const auto value = list ? json::parse(*list, nullptr, false) : json();
  if (!value.is_array()) return shown(list);
  std::vector<std::string> names;
  for (const auto& item : value) {
    if (names.size() == kNamesShown) {
      names.emplace_back("\xE2\x80\xA6");
      break;
    }
    const auto name = item.is_object() ? item.value("name", json()) : item;
    names.push_back(name.is_string() ? name.get<std::string>() : ellipsize(item.dump(-1, ' ', false, json::error_handler_t::replace), 40));
  }
  return join(names, ", ");
}

std::string what(const FieldDrift& field) {
  const auto [desired, live] = both(field);
  switch (field.op) {
    case FieldOp::Changed:
      if (field.cause == FieldCause::Git) return fmt::format("is {}, Git now says {}", live, desired);
      return fmt::format("{} -> {}", desired, live);
    case FieldOp::Removed:
      if (field.cause == FieldCause::Git) return fmt::format("not there yet, Git now says {}", desired);
      if (field.cause == FieldCause::Live) return fmt::format("gone from the cluster, Git says {}; by whom is not recorded", desired);
      return fmt::format("not there, Git says {}", desired);
    case FieldOp::Added: return fmt::format("{}, not in Git", live);
    case FieldOp::Stale: return fmt::format("still {}, no longer in Git", live);
    case FieldOp::Order: return fmt::format("Git has {}; live has {}; by whom is not recorded", names_of(field.desired), names_of(field.live));
  }
  return {};
}

/// "2026-11-21 10:38:16 UTC"
std::string time_text(WallTime time) {
  auto text = format_time(std::chrono::floor<std::chrono::seconds>(time));
  std::replace(text.begin(), text.end(), 'T', ' ');
  if (text.ends_with('Z')) text.pop_back();
  return text + " UTC";
}

std::string field_text(const FieldDrift& field) {
  auto text = fmt::format("  {} {}: {}", to_string(field.op), field.path, what(field));
  if (field.by) text += fmt::format("; by {}, {}", *field.by, field.time ? time_text(*field.time) : "at a time that is not recorded");
  return text + "\n";
}

std::string counted(std::size_t fields) { return fields == 1 ? "1 field" : fmt::format("{} fields", fields); }

std::string hit_text(const RuleHit& hit) {
  const auto name = hit.rule == kAnnotationRule ? std::string("the annotation driftwarden.io/ignore") : fmt::format("ignore rule {}", hit.rule + 1);
  if (hit.expired) return fmt::format("  ignore-rule-expired: {} ran out; it hid {}\n", name, counted(hit.fields));
  return fmt::format("  ignored-by-rule: {} hides {}\n", name, counted(hit.fields));
}

std::string note_text(const ObjectDrift& drift, const std::string& note) {
  if ((note == "ignored-by-rule" || note == "ignore-rule-expired") && !drift.hits.empty()) {
    std::string text;
    for (const auto& hit : drift.hits) {
      if (hit.expired == (note == "ignore-rule-expired")) text += hit_text(hit);
    }
    return text;
  }
  const auto words = words_of(note);
  return words.empty() ? fmt::format("  {}\n", note) : fmt::format("  {}: {}\n", note, words);
}

std::string_view verdict_words(const ObjectDrift& drift) {
  switch (drift.verdict) {
    case Verdict::Missing: return ", in Git and not in the cluster";
    case Verdict::Extra: return ", applied by us and no longer in Git";
    case Verdict::Untracked: return ", not in Git and not applied by us";
    default: return {};
  }
}

}  // namespace

std::string to_text(const ObjectDrift& drift) {
  auto text = fmt::format("{}: {}{}\n", to_string(drift.object), to_string(drift.verdict), verdict_words(drift));
  for (const auto& field : drift.fields) text += field_text(field);
  for (const auto& note : drift.notes) text += note_text(drift, note);
  return text;
}

}  // namespace driftwarden
