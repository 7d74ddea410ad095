// A plan for people, and what makes two of them the same.
#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"
#include "integrations/terraform/plan.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::terraform {
namespace {

constexpr std::size_t kMostObjects = 60;
constexpr std::size_t kMostFields = 12;
constexpr std::size_t kLongestValue = 120;

bool has_note(const ObjectDrift& object, std::string_view note) { return std::ranges::find(object.notes, note) != object.notes.end(); }

std::string_view sign_of(const ObjectDrift& object) {
  if (has_note(object, "replace")) return "-/+";
  if (object.verdict == Verdict::Missing) return "+";
  if (object.verdict == Verdict::Extra) return "-";
  if (has_note(object, "forget")) return ".";
  return "~";
}

std::string field_text(const FieldDrift& field) {
  const auto live = field.live ? ellipsize(*field.live, kLongestValue) : "(none)";
  const auto desired = field.desired ? ellipsize(*field.desired, kLongestValue) : "(none)";
  const std::string outside = field.cause == FieldCause::Live ? "  # changed outside of Git" : "";
  return fmt::format("    {}: {} -> {}{}\n", field.path.substr(field.path.starts_with(".") && field.path.size() > 1 ? 1 : 0), live, desired, outside);
}

std::string object_text(const ObjectDrift& object) {
  std::vector<std::string> words;
  for (const auto& note : object.notes) {
    if (note == "gone") words.emplace_back("deleted outside of Git");
    if (note == "import" || note == "move" || note == "forget") words.push_back(note);
  }
  auto text = fmt::format("{} {}{}\n", sign_of(object), address_of(object.object), words.empty() ? "" : "  # " + join(words, ", "));
  for (std::size_t i = 0; i < std::min(object.fields.size(), kMostFields); ++i) text += field_text(object.fields[i]);
  if (object.fields.size() > kMostFields) text += fmt::format("    and {} more\n", object.fields.size() - kMostFields);
  return text;
}

std::string totals(const Plan& plan) {
  std::size_t create = 0;
  std::size_t change = 0;
  std::size_t remove = 0;
  for (const auto& object : plan.objects) {
    const bool replaces = has_note(object, "replace");
    if (replaces || object.verdict == Verdict::Missing) ++create;
    if (replaces || object.verdict == Verdict::Extra) ++remove;
    if (!replaces && object.verdict == Verdict::OutOfSync) ++change;
  }
  return fmt::format("{} to create, {} to change, {} to delete, of {}\n", create, change, remove, plan.resources);
}

}  // namespace

std::string address_of(const ObjectRef& ref) {
  const auto here = fmt::format("{}.{}", ref.kind, ref.name);
  return ref.namespace_.empty() ? here : fmt::format("{}.{}", ref.namespace_, here);
}

std::string plan_text(const Plan& plan) {
  if (plan.objects.empty() && plan.outputs.empty()) return fmt::format("No changes: {} resources are as Git and the state say.\n", plan.resources);
  std::string text = totals(plan);
  for (std::size_t i = 0; i < std::min(plan.objects.size(), kMostObjects); ++i) text += object_text(plan.objects[i]);
  if (plan.objects.size() > kMostObjects) text += fmt::format("and {} more resources\n", plan.objects.size() - kMostObjects);
  if (!plan.outputs.empty()) text += fmt::format("outputs that would change: {}\n", join(plan.outputs, ", "));
  return text;
}

std::string plan_digest(const Plan& plan, std::string_view salt) {
  std::vector<std::string> lines;
  for (const auto& object : plan.objects) {
    auto line = fmt::format("{} {} {}", to_string(object.verdict), address_of(object.object), join(object.notes, ","));
    std::vector<std::string> fields;
    for (const auto& field : object.fields) {
      fields.push_back(fmt::format("{}\x1f{}\x1f{}\x1f{}", field.path, to_string(field.op), field.live.value_or(""), field.desired.value_or("")));
    }
    std::ranges::sort(fields);
    lines.push_back(line + "\x1e" + join(fields, "\x1e"));
  }
  for (const auto& output : plan.outputs) lines.push_back("output " + output);
  std::ranges::sort(lines);
  lines.push_back("content " + plan.content);
  return salt.empty() ? sha256_hex(join(lines, "\n")) : hmac_sha256_hex(salt, join(lines, "\n"));
}

}  // namespace driftwarden::terraform
