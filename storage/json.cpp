#include "storage/json.hpp"

#include "storage/words.hpp"

#include <nlohmann/json.hpp>

namespace driftwarden::storage {
namespace {

using nlohmann::json;

std::int64_t millis(WallTime time) { return time.time_since_epoch().count(); }
WallTime time_of(const json& value) { return WallTime{Duration{value.get<std::int64_t>()}}; }

/// Live values may hold any bytes; a report that can't be saved would be worse than one with a replaced byte.
std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

std::optional<std::string> optional_text(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return std::nullopt;
  return found->get<std::string>();
}

json field_json(const FieldDrift& field) {
  json out{{"path", field.path}, {"op", to_string(field.op)}, {"cause", to_string(field.cause)}};
  if (field.by) out["by"] = *field.by;
  if (field.desired) out["desired"] = *field.desired;
  if (field.live) out["live"] = *field.live;
  if (field.time) out["time"] = millis(*field.time);
  return out;
}

FieldDrift field_from(const json& value) {
  FieldDrift field;
  field.path = value.at("path").get<std::string>();
  field.op = from_word<FieldOp>(value.at("op").get<std::string>());
  field.cause = from_word<FieldCause>(value.at("cause").get<std::string>());
  field.by = optional_text(value, "by");
  field.desired = optional_text(value, "desired");
  field.live = optional_text(value, "live");
  if (value.contains("time")) field.time = time_of(value.at("time"));
  return field;
}

json object_json(const ObjectDrift& drift) {
  json fields = json::array();
  for (const auto& field : drift.fields) fields.push_back(field_json(field));
  const auto& ref = drift.object;
  return {{"group", ref.group},          {"version", ref.version}, {"kind", ref.kind},
          {"namespace", ref.namespace_}, {"name", ref.name},       {"verdict", to_string(drift.verdict)},
          {"fields", std::move(fields)}, {"notes", drift.notes}};
}

ObjectDrift object_from(const json& value) {
  ObjectDrift drift;
  drift.object = {value.at("group").get<std::string>(), value.at("version").get<std::string>(), value.at("kind").get<std::string>(),
                  value.at("namespace").get<std::string>(), value.at("name").get<std::string>()};
  drift.verdict = from_word<Verdict>(value.at("verdict").get<std::string>());
  for (const auto& field : value.at("fields")) drift.fields.push_back(field_from(field));
  drift.notes = value.at("notes").get<std::vector<std::string>>();
  return drift;
}

}  // namespace

std::string to_json_text(const DriftReport& report) {
  json objects = json::array();
  for (const auto& object : report.objects) objects.push_back(object_json(object));
  return dump({{"app", report.app},
               {"state", to_string(report.state)},
               {"cause", to_string(report.cause)},
               {"reason", report.reason},
               {"revision", report.revision},
               {"objects", std::move(objects)},
               {"objects_total", report.objects_total},
               {"as_of", millis(report.as_of)}});
}

DriftReport report_from_json(const std::string& text) {
  const auto value = json::parse(text);
  DriftReport report;
  report.app = value.at("app").get<std::string>();
  report.state = from_word<AppState>(value.at("state").get<std::string>());
  report.cause = from_word<Cause>(value.at("cause").get<std::string>());
  report.reason = value.at("reason").get<std::string>();
  report.revision = value.at("revision").get<std::string>();
  for (const auto& object : value.at("objects")) report.objects.push_back(object_from(object));
  report.objects_total = value.at("objects_total").get<std::size_t>();
  report.as_of = time_of(value.at("as_of"));
  return report;
}

std::string to_json_text(const std::vector<Approval>& approvals) {
  json out = json::array();
  for (const auto& approval : approvals) {
    out.push_back({{"by", approval.by},
                   {"head_sha", approval.of.head_sha},
                   {"diff_digest", approval.of.diff_digest},
                   {"at", millis(approval.at)},
                   {"via", approval.via}});
  }
  return dump(out);
}

std::vector<Approval> approvals_from_json(const std::string& text) {
  std::vector<Approval> approvals;
  for (const auto& value : json::parse(text)) {
    approvals.push_back({.by = value.at("by").get<std::string>(),
                         .of = {value.at("head_sha").get<std::string>(), value.at("diff_digest").get<std::string>()},
                         .at = time_of(value.at("at")),
                         .via = value.at("via").get<std::string>()});
  }
  return approvals;
}

std::string to_json_text(const Quorum& quorum) { return dump({{"need", quorum.need}, {"from", quorum.from}}); }

Quorum quorum_from_json(const std::string& text) {
  const auto value = json::parse(text);
  return {.need = value.at("need").get<int>(), .from = value.at("from").get<std::vector<std::string>>()};
}

}  // namespace driftwarden::storage
