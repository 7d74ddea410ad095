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

json ref_json(const ObjectRef& ref) {
  return {{"group", ref.group}, {"version", ref.version}, {"kind", ref.kind}, {"namespace", ref.namespace_}, {"name", ref.name}};
}

ObjectRef ref_from(const json& value) {
  return {value.at("group").get<std::string>(), value.at("version").get<std::string>(), value.at("kind").get<std::string>(),
          value.at("namespace").get<std::string>(), value.at("name").get<std::string>()};
}

/// A list that older rows lack; what is empty isn't written either.
template <class T, class Read>
std::vector<T> list_from(const json& object, const char* key, Read&& read) {
  std::vector<T> list;
  if (const auto found = object.find(key); found != object.end()) {
    for (const auto& value : *found) list.push_back(read(value));
  }
  return list;
}

template <class T, class Write>
void put_list(json& object, const char* key, const std::vector<T>& list, Write&& write) {
  for (const auto& value : list) object[key].push_back(write(value));
}

json hit_json(const RuleHit& hit) {
  // -1 stands for the object's own annotation.
  const auto rule = hit.rule == kAnnotationRule ? std::int64_t{-1} : static_cast<std::int64_t>(hit.rule);
  return {{"rule", rule}, {"fields", hit.fields}, {"expired", hit.expired}};
}

RuleHit hit_from(const json& value) {
  const auto rule = value.at("rule").get<std::int64_t>();
  return {rule < 0 ? kAnnotationRule : static_cast<std::size_t>(rule), value.at("fields").get<std::size_t>(), value.at("expired").get<bool>()};
}

json fight_json(const Fight& fight) {
  return {{"object", ref_json(fight.object)}, {"path", fight.path}, {"managers", fight.managers}, {"flips", fight.flips}, {"last", millis(fight.last)}};
}

Fight fight_from(const json& value) {
  return {ref_from(value.at("object")), value.at("path").get<std::string>(), value.at("managers").get<std::vector<std::string>>(),
          value.at("flips").get<std::size_t>(), time_of(value.at("last"))};
}

json rule_json(const RuleUse& use) {
  json out{{"rule", use.rule}, {"owner", use.owner}, {"reason", use.reason}, {"fields", use.fields}, {"expired", use.expired}};
  if (use.until) out["until"] = millis(*use.until);
  return out;
}

RuleUse rule_from(const json& value) {
  RuleUse use;
  use.rule = value.at("rule").get<std::string>();
  use.owner = value.at("owner").get<std::string>();
  use.reason = value.at("reason").get<std::string>();
  if (value.contains("until")) use.until = time_of(value.at("until"));
  use.fields = value.at("fields").get<std::size_t>();
  use.expired = value.at("expired").get<bool>();
  return use;
}

json floating_json(const FloatingImage& floating) { return {{"object", ref_json(floating.object)}, {"image", floating.image}}; }
FloatingImage floating_from(const json& value) { return {ref_from(value.at("object")), value.at("image").get<std::string>()}; }

json object_json(const ObjectDrift& drift) {
  json fields = json::array();
  for (const auto& field : drift.fields) fields.push_back(field_json(field));
  auto out = ref_json(drift.object);
  out["verdict"] = to_string(drift.verdict);
  out["fields"] = std::move(fields);
  out["notes"] = drift.notes;
  put_list(out, "hits", drift.hits, hit_json);
  return out;
}

ObjectDrift object_from(const json& value) {
  ObjectDrift drift;
  drift.object = ref_from(value);
  drift.verdict = from_word<Verdict>(value.at("verdict").get<std::string>());
  for (const auto& field : value.at("fields")) drift.fields.push_back(field_from(field));
  drift.notes = value.at("notes").get<std::vector<std::string>>();
  drift.hits = list_from<RuleHit>(value, "hits", hit_from);
  return drift;
}

}  // namespace

std::string to_json_text(const DriftReport& report) {
  json objects = json::array();
  for (const auto& object : report.objects) objects.push_back(object_json(object));
  json out{{"app", report.app},
           {"state", to_string(report.state)},
           {"cause", to_string(report.cause)},
           {"reason", report.reason},
           {"revision", report.revision},
           {"objects", std::move(objects)},
           {"objects_total", report.objects_total},
           {"as_of", millis(report.as_of)}};
  put_list(out, "fights", report.fights, fight_json);
  put_list(out, "rules", report.rules, rule_json);
  put_list(out, "floating", report.floating, floating_json);
  put_list(out, "warnings", report.warnings, [](const std::string& warning) { return json(warning); });
  return dump(out);
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
  report.fights = list_from<Fight>(value, "fights", fight_from);
  report.rules = list_from<RuleUse>(value, "rules", rule_from);
  report.floating = list_from<FloatingImage>(value, "floating", floating_from);
  report.warnings = list_from<std::string>(value, "warnings", [](const json& warning) { return warning.get<std::string>(); });
  report.as_of = time_of(value.at("as_of"));
  return report;
}

std::string to_json_text(const std::vector<Approval>& approvals) {
  json out = json::array();
  for (const auto& approval : approvals) {
    json one{{"by", approval.by}, {"head_sha", approval.of.head_sha}, {"diff_digest", approval.of.diff_digest}, {"at", millis(approval.at)}, {"via", approval.via}};
    if (approval.stepped_up) one["stepped_up"] = true;
    if (!approval.in_place_of.empty()) one["in_place_of"] = approval.in_place_of;
    if (approval.extra_only) one["extra_only"] = true;
    out.push_back(std::move(one));
  }
  return dump(out);
}

std::vector<Approval> approvals_from_json(const std::string& text) {
  std::vector<Approval> approvals;
  for (const auto& value : json::parse(text)) {
    approvals.push_back({.by = value.at("by").get<std::string>(),
                         .of = {value.at("head_sha").get<std::string>(), value.at("diff_digest").get<std::string>()},
                         .at = time_of(value.at("at")),
                         .via = value.at("via").get<std::string>(),
                         .stepped_up = value.value("stepped_up", false),
                         .in_place_of = value.value("in_place_of", std::string{}),
                         .extra_only = value.value("extra_only", false)});
  }
  return approvals;
}

std::string to_json_text(const Quorum& quorum) {
  json out{{"need", quorum.need}, {"from", quorum.from}};
  put_list(out, "code_owners", quorum.code_owners, [](const PersonId& person) { return json(person); });
  put_list(out, "excluded", quorum.excluded, [](const PersonId& person) { return json(person); });
  if (quorum.step_up != StepUp::None) out["step_up"] = to_string(quorum.step_up);
  if (quorum.typed_name) out["typed_name"] = true;
  if (!quorum.rule.empty()) out["rule"] = quorum.rule;
  if (quorum.extra.need > 0) out["extra"] = {{"need", quorum.extra.need}, {"from", quorum.extra.from}, {"why", quorum.extra.why}};
  return dump(out);
}

ExtraApprovals extra_from(const json& value) {
  const auto extra = value.find("extra");
  if (extra == value.end()) return {};
  return {.need = extra->at("need").get<int>(), .from = extra->at("from").get<std::vector<PersonId>>(), .why = extra->at("why").get<std::string>()};
}

Quorum quorum_from_json(const std::string& text) {
  const auto value = json::parse(text);
  return {.need = value.at("need").get<int>(),
          .from = value.at("from").get<std::vector<std::string>>(),
          .code_owners = value.value("code_owners", std::vector<PersonId>{}),
          .excluded = value.value("excluded", std::vector<PersonId>{}),
          .step_up = from_word<StepUp>(value.value("step_up", std::string{"none"})),
          .typed_name = value.value("typed_name", false),
          .rule = value.value("rule", std::string{}),
          .extra = extra_from(value)};
}

json json_of(const Cost& cost) { return {{"micros", cost.micros}, {"uncounted", cost.uncounted}}; }

Cost cost_from(const json& value) { return {value.at("micros").get<std::int64_t>(), value.at("uncounted").get<std::vector<std::string>>()}; }

json json_of(const CostChange& change) {
  json out{{"currency", change.currency}, {"before", json_of(change.before)}, {"after", json_of(change.after)}, {"source", change.source}};
  put_list(out, "lines", change.lines, [](const CostLine& line) { return json{{"what", line.what}, {"before", line.before_micros}, {"after", line.after_micros}}; });
  return out;
}

CostChange cost_change_from(const json& value) {
  CostChange change{value.at("currency").get<std::string>(), cost_from(value.at("before")), cost_from(value.at("after")), {}, value.at("source").get<std::string>()};
  change.lines = list_from<CostLine>(value, "lines", [](const json& line) {
    return CostLine{line.at("what").get<std::string>(), line.at("before").get<std::int64_t>(), line.at("after").get<std::int64_t>()};
  });
  return change;
}

json json_of(const Finding& finding) {
  return {{"rule", finding.rule}, {"object", finding.object}, {"path", finding.path}, {"message", finding.message}, {"blocks", finding.blocks}, {"link", finding.link}};
}

Finding finding_from(const json& value) {
  const auto text = [&](const char* key) { return value.at(key).get<std::string>(); };
  return {text("rule"), text("object"), text("path"), text("message"), value.at("blocks").get<bool>(), text("link")};
}

json json_of(const GateResult& result) {
  json out{{"gate", result.gate}, {"left_out", result.left_out}, {"known", result.known}, {"trouble", result.trouble}, {"blocks", result.blocks}};
  put_list(out, "findings", result.findings, [](const Finding& finding) { return json_of(finding); });
  return out;
}

GateResult gate_result_from(const json& value) {
  return {value.at("gate").get<std::string>(),       list_from<Finding>(value, "findings", finding_from), value.at("left_out").get<std::size_t>(),
          value.at("known").get<std::size_t>(), value.at("trouble").get<std::string>(),              value.at("blocks").get<bool>()};
}

std::string details_json_text(const Change& change) {
  json out = json::object();
  if (!change.git_diff.empty()) out["git_diff"] = change.git_diff;
  if (!change.notes.empty()) out["notes"] = change.notes;
  if (change.risk != Risk{}) {
    out["risk"] = {{"tier", to_string(change.risk.tier)}, {"reasons", change.risk.reasons}, {"deletes", change.risk.deletes}, {"warnings", change.risk.warnings}};
  }
  if (change.reminded_at) out["reminded_at"] = millis(*change.reminded_at);
  if (change.merged_at) out["merged_at"] = millis(*change.merged_at);
  if (!change.waiting_for.empty()) out["waiting_for"] = change.waiting_for;
  if (!change.break_glass.empty()) out["break_glass"] = change.break_glass;
  if (change.cost) out["cost"] = json_of(*change.cost);
  put_list(out, "gates", change.gates, [](const GateResult& result) { return json_of(result); });
  return dump(out);
}

void read_details(const std::string& text, Change& change) {
  const auto value = json::parse(text);
  change.git_diff = value.value("git_diff", std::string{});
  change.notes = value.value("notes", std::vector<std::string>{});
  if (const auto risk = value.find("risk"); risk != value.end()) {
    change.risk.tier = from_word<RiskTier>(risk->at("tier").get<std::string>());
    change.risk.reasons = risk->at("reasons").get<std::vector<std::string>>();
    change.risk.deletes = risk->at("deletes").get<std::vector<std::string>>();
    change.risk.warnings = risk->at("warnings").get<std::vector<std::string>>();
  }
  if (value.contains("reminded_at")) change.reminded_at = time_of(value.at("reminded_at"));
  if (value.contains("merged_at")) change.merged_at = time_of(value.at("merged_at"));
  change.waiting_for = value.value("waiting_for", std::string{});
  change.break_glass = value.value("break_glass", std::string{});
  if (const auto cost = value.find("cost"); cost != value.end()) change.cost = cost_change_from(*cost);
  change.gates = list_from<GateResult>(value, "gates", gate_result_from);
}

std::string details_json_text(const Incident& incident) {
  json out = json::object();
  if (incident.grouping != Grouping::Alone) out["grouping"] = to_string(incident.grouping);
  out["severity"] = to_string(incident.severity);
  if (!incident.mention.empty()) out["mention"] = incident.mention;
  if (!incident.code_owners.empty()) out["code_owners"] = incident.code_owners;
  if (incident.flaps > 0) out["flaps"] = incident.flaps;
  if (incident.calm_since) out["calm_since"] = millis(*incident.calm_since);
  if (incident.reminded_at) out["reminded_at"] = millis(*incident.reminded_at);
  if (incident.reminders > 0) out["reminders"] = incident.reminders;
  if (incident.last_member_at) out["last_member_at"] = millis(*incident.last_member_at);
  if (incident.critical_at) out["critical_at"] = millis(*incident.critical_at);
  if (!incident.told.empty()) out["told"] = incident.told;
  // For those who don't read the report.
  out["state"] = to_string(incident.report.state);
  out["cause"] = to_string(incident.report.cause);
  return dump(out);
}

void read_details(const std::string& text, Incident& incident) {
  const auto value = json::parse(text);
  incident.grouping = from_word<Grouping>(value.value("grouping", std::string{"alone"}));
  incident.severity = from_word<Severity>(value.value("severity", std::string{"warning"}));
  incident.mention = value.value("mention", std::vector<std::string>{});
  incident.code_owners = value.value("code_owners", std::vector<std::string>{});
  incident.flaps = value.value("flaps", 0);
  if (value.contains("calm_since")) incident.calm_since = time_of(value.at("calm_since"));
  if (value.contains("reminded_at")) incident.reminded_at = time_of(value.at("reminded_at"));
  incident.reminders = value.value("reminders", 0);
  if (value.contains("last_member_at")) incident.last_member_at = time_of(value.at("last_member_at"));
  if (value.contains("critical_at")) incident.critical_at = time_of(value.at("critical_at"));
  incident.told = value.value("told", std::vector<std::string>{});
  incident.report.app = incident.app;
  if (value.contains("state")) incident.report.state = from_word<AppState>(value.at("state").get<std::string>());
  if (value.contains("cause")) incident.report.cause = from_word<Cause>(value.at("cause").get<std::string>());
}

std::string to_json_text(const AlertMatch& match) {
  json out = json::object();
  const auto put = [&](const char* key, const std::string& text) {
    if (!text.empty()) out[key] = text;
  };
  put("app", match.app);
  put("cluster", match.cluster);
  put("environment", match.environment);
  put("namespace", match.namespace_);
  put("team", match.team);
  if (match.cause) out["cause"] = to_string(*match.cause);
  if (match.severity) out["severity"] = to_string(*match.severity);
  return dump(out);
}

AlertMatch alert_match_from_json(const std::string& text) {
  const auto value = json::parse(text);
  AlertMatch match;
  match.app = value.value("app", std::string{});
  match.cluster = value.value("cluster", std::string{});
  match.environment = value.value("environment", std::string{});
  match.namespace_ = value.value("namespace", std::string{});
  match.team = value.value("team", std::string{});
  if (value.contains("cause")) match.cause = from_word<Cause>(value.at("cause").get<std::string>());
  if (value.contains("severity")) match.severity = from_word<Severity>(value.at("severity").get<std::string>());
  return match;
}

}  // namespace driftwarden::storage
