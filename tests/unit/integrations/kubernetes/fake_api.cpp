#include "tests/unit/integrations/kubernetes/fake_api.hpp"

#include <boost/asio/steady_timer.hpp>

#include <stdexcept>

namespace driftwarden::test {

using nlohmann::json;

net::ServerReply json_reply(unsigned status, const json& body) { return net::ServerReply(status, "application/json", body.dump()); }

net::ServerReply status_reply(unsigned status, const std::string& message) {
  return json_reply(status, {{"kind", "Status"}, {"message", message}, {"code", status}});
}

namespace {

asio::awaitable<void> write_pieces(net::BodyWriter& writer, std::vector<std::string> pieces, Then then) {
  for (auto& piece : pieces) {
    const auto written = co_await writer.write(std::move(piece));
    if (!written) co_return;
  }
  if (then == Then::End) co_return;
  if (then == Then::Break) throw std::runtime_error("scripted break");
  asio::steady_timer forever(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  co_await forever.async_wait(asio::use_awaitable);
}

}  // namespace

net::ServerReply watch_reply(std::vector<std::string> pieces, Then then) {
  net::ServerReply reply;
  reply.headers.set("Content-Type", "application/json");
  reply.stream = [pieces = std::move(pieces), then](net::BodyWriter& writer) { return write_pieces(writer, pieces, then); };
  return reply;
}

namespace {

asio::awaitable<void> end_later(Clock& clock, Duration life) {
  const auto slept = co_await clock.sleep_for(life);
  static_cast<void>(slept);
}

}  // namespace

net::ServerReply quiet_watch(Clock& clock, Duration life) {
  net::ServerReply reply;
  reply.headers.set("Content-Type", "application/json");
  reply.stream = [&clock, life](net::BodyWriter&) { return end_later(clock, life); };
  return reply;
}

std::string event_line(const std::string& type, const std::string& name, const std::string& version) {
  const json event{{"type", type},
                   {"object", {{"kind", "ConfigMap"}, {"apiVersion", "v1"}, {"metadata", {{"name", name}, {"namespace", "shop"}, {"resourceVersion", version}}}}}};
  return event.dump() + "\n";
}

json list_of(const std::vector<std::string>& names, const std::string& version, const std::string& more) {
  json list{{"kind", "ConfigMapList"}, {"apiVersion", "v1"}, {"metadata", {{"resourceVersion", version}}}, {"items", json::array()}};
  if (!more.empty()) list["metadata"]["continue"] = more;
  for (const auto& name : names) list["items"].push_back({{"metadata", {{"name", name}, {"namespace", "shop"}, {"resourceVersion", version}}}});
  return list;
}

void SinkLog::on_object(const std::string&, LiveObject object) {
  lines.push_back("object " + object.ref.namespace_ + "/" + object.ref.name);
  last = object.body;
  last_content = object.content;
}
bool SinkLog::wants(const std::string&, const LiveGlimpse& glimpse) {
  glimpses.push_back(glimpse.ref.namespace_ + "/" + glimpse.ref.name + " " + std::string(glimpse.resource_version));
  return !wanted || wanted(glimpse);
}
void SinkLog::on_deleted(const std::string&, const ObjectRef& ref) { lines.push_back("deleted " + ref.namespace_ + "/" + ref.name); }
void SinkLog::on_listed(const std::string&, const WatchedKind& kind) { lines.push_back("listed " + kind.kind); }
void SinkLog::on_relist(const std::string&, const WatchedKind& kind) { lines.push_back("relist " + kind.kind); }
void SinkLog::on_kind_failed(const std::string&, const WatchedKind& kind, const Error& why) {
  lines.push_back("failed " + kind.kind + ": " + std::string(to_string(why.kind)));
}
void SinkLog::on_reachable(const std::string&, bool reachable, const std::string& why) { reach.push_back(reachable ? "reachable" : "unreachable: " + why); }
std::vector<std::string> SinkLog::take() { return std::exchange(lines, {}); }

WatchedKind ClusterTest::kind(const std::string& name) {
  WatchedKind out;
  out.version = "v1";
  out.kind = name;
  return out;
}

void ClusterTest::SetUp() {
  auto started = net::start_http_server(io.get_executor(), clock, {}, [this](net::ServerRequest request) { return answer(std::move(request)); });
  ASSERT_TRUE(started) << started.error().message;
  server = std::move(*started);
  port = server->port();
  lists.push_back(json_reply(200, list_of({"a"}, "10")));
  watches.push_back(watch_reply({}, Then::Stay));
}

void ClusterTest::TearDown() {
  if (cluster) run(io, cluster->close());
  if (server) run(io, server->stop());
}

void ClusterTest::make_cluster(std::function<void(kubernetes::ClusterOptions&)> adjust) {
  kubernetes::ClusterOptions options;
  options.name = "prod";
  options.connection.server = "http://127.0.0.1:" + std::to_string(port);
  if (adjust) adjust(options);
  cluster = kubernetes::create_cluster(io.get_executor(), clock, *random, std::move(options));
}

net::ServerReply ClusterTest::next(std::deque<net::ServerReply>& script) {
  if (script.size() == 1) return script.front();
  auto reply = std::move(script.front());
  script.pop_front();
  return reply;
}

asio::awaitable<net::ServerReply> ClusterTest::answer(net::ServerRequest request) {
  const auto line = request.method + " " + request.path;
  requests.push_back(line + (request.raw_query.empty() ? "" : "?" + request.raw_query));
  authorizations.push_back(request.headers.find("Authorization").value_or(""));
  bodies.push_back(request.body);
  accepts.push_back(request.headers.find("Accept").value_or(""));
  if (!available) co_return status_reply(503, "down for maintenance");
  if (!required_authorization.empty() && authorizations.back() != required_authorization) co_return status_reply(401, "Unauthorized");
  if (!watchable && line == "GET /api/v1/configmaps") co_return status_reply(503, "etcd is slow");
  if (const auto other = others.find(line); other != others.end()) co_return next(other->second);
  if (line == "GET /readyz") co_return net::ServerReply(200, "text/plain", "ok");
  if (line == "GET /version") co_return json_reply(200, json::parse(R"({"gitVersion":"v1.36.3"})"));
  if (line == "GET /api/v1") {
    co_return json_reply(200, json::parse(R"({"kind":"APIResourceList","groupVersion":"v1","resources":[
      {"name":"configmaps","namespaced":true,"kind":"ConfigMap","verbs":["list","watch"]},
      {"name":"secrets","namespaced":true,"kind":"Secret","verbs":["list","watch"]},
      {"name":"bindings","namespaced":true,"kind":"Binding","verbs":["create"]},
      {"name":"namespaces","namespaced":false,"kind":"Namespace","verbs":["list","watch"]}]})"));
  }
  if (line == "GET /api/v1/configmaps") co_return request.query.contains("watch") ? next(watches) : next(lists);
  co_return status_reply(404, "not found");
}

bool ClusterTest::eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    io.restart();
    io.run_one_for(std::chrono::milliseconds{20});
  }
  return true;
}

bool ClusterTest::eventually_within(Duration span, const std::function<bool()>& holds) {
  const auto end = clock.mono_now() + span;
  while (!holds()) {
    if (clock.mono_now() >= end) return false;
    // Sockets need a moment of real time; the manual clock passes in small steps between.
    for (int i = 0; i < 20 && !holds(); ++i) {
      io.restart();
      if (io.run_one_for(std::chrono::milliseconds{1}) == 0) break;
    }
    if (!holds()) clock.advance(Duration{50});
  }
  return true;
}

std::size_t ClusterTest::asked(const std::string& start) const {
  return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(), [&](const auto& line) { return line.rfind(start, 0) == 0; }));
}

}  // namespace driftwarden::test
