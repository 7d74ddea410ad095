// Bad days on demand: the endpoints behind the page's "When Slack misbehaves".
#include "integrations/sandbox/workspace/web_api.hpp"
#include "integrations/sandbox/workspace/workspace_core.hpp"

#include <algorithm>

namespace driftwarden::sandbox::workspace {
namespace {

constexpr int kMostMs = 600'000;

Duration milliseconds_of(const Json& body, const char* key, Duration otherwise) {
  return Duration{std::clamp(body.value(key, static_cast<int>(otherwise.count())), 0, kMostMs)};
}

Json faults_json(const WorkspaceFaults& faults) {
  return Json{{"ok", true},
              {"enforce_rate_limits", faults.enforce_rate_limits},
              {"fail_next_calls", faults.fail_next_calls},
              {"fail_with", faults.fail_with},
              {"fail_after_effect", faults.fail_after_effect},
              {"duplicate_next_events", faults.duplicate_next_events},
              {"drop_next_envelopes", faults.drop_next_envelopes},
              {"delay_next_envelopes", faults.delay_next_envelopes},
              {"envelope_delay_ms", faults.envelope_delay.count()},
              {"reorder_next_events", faults.reorder_next_events},
              {"delay_answers_ms", faults.delay_answers.count()},
              {"redeliver_within_ms", faults.redeliver_within.count()},
              {"without_scope", faults.without_scope},
              {"excess_scope", faults.excess_scope}};
}

}  // namespace

net::ServerReply get_faults(WorkspaceCore& core) { return json_reply(faults_json(core.faults)); }

/// What isn't named stays as it is.
net::ServerReply set_faults(WorkspaceCore& core, const Json& body) {
  auto& faults = core.faults;
  faults.enforce_rate_limits = body.value("enforce_rate_limits", faults.enforce_rate_limits);
  faults.fail_next_calls = body.value("fail_next_calls", faults.fail_next_calls);
  faults.fail_with = body.value("fail_with", faults.fail_with);
  faults.fail_after_effect = body.value("fail_after_effect", faults.fail_after_effect);
  faults.duplicate_next_events = body.value("duplicate_next_events", faults.duplicate_next_events);
  faults.drop_next_envelopes = body.value("drop_next_envelopes", faults.drop_next_envelopes);
  faults.delay_next_envelopes = body.value("delay_next_envelopes", faults.delay_next_envelopes);
  faults.envelope_delay = milliseconds_of(body, "envelope_delay_ms", faults.envelope_delay);
  faults.reorder_next_events = body.value("reorder_next_events", faults.reorder_next_events);
  faults.without_scope = body.value("without_scope", faults.without_scope);
  faults.excess_scope = body.value("excess_scope", faults.excess_scope);
  faults.delay_answers = milliseconds_of(body, "delay_answers_ms", faults.delay_answers);
  faults.redeliver_within = milliseconds_of(body, "redeliver_within_ms", faults.redeliver_within);
  return get_faults(core);
}

net::ServerReply get_deliveries(WorkspaceCore& core) {
  const auto& stats = core.hub.stats();
  const auto ack = core.hub.ack_latency();
  return json_reply(Json{{"ok", true},
                         {"events", stats.events},
                         {"envelopes", stats.envelopes},
                         {"acknowledged", stats.acknowledged},
                         {"given_up", stats.given_up},
                         {"duplicated", stats.duplicated},
                         {"delayed", stats.delayed},
                         {"reordered", stats.reordered},
                         {"lost", stats.lost},
                         {"disconnects", stats.disconnects},
                         {"connections", stats.connections},
                         {"connected_now", core.hub.connections()},
                         {"ack_us", {{"p50", ack.p50.count()}, {"p99", ack.p99.count()}, {"max", ack.max.count()}}}});
}

/// `reason` as Slack's disconnect says it, "drop" for a cut without a word, "half_open" for silence on an open connection.
net::ServerReply disconnect_sockets(WorkspaceCore& core, const Json& body) {
  const auto reason = body.value("reason", "warning");
  const auto connections = core.hub.connections();
  if (reason == "drop")
    core.hub.drop();
  else if (reason == "half_open")
    core.hub.half_open();
  else
    core.hub.disconnect(reason);
  return json_reply(Json{{"ok", true}, {"connections", connections}});
}

}  // namespace driftwarden::sandbox::workspace
