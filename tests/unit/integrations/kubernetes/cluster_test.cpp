// The cluster client against a scripted server.
#include "tests/unit/integrations/kubernetes/fake_api.hpp"

#include <fstream>
#include <filesystem>

namespace driftwarden::test {

using namespace std::chrono_literals;
using nlohmann::json;
using Lines = std::vector<std::string>;

TEST_F(ClusterTest, ListsThenWatches) {
  watches = {watch_reply({event_line("ADDED", "b", "11"), event_line("DELETED", "a", "12"), event_line("BOOKMARK", "", "20")}, Then::Stay)};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return sink.lines.size() >= 5; }));
  EXPECT_EQ(sink.take(), (Lines{"relist ConfigMap", "object shop/a", "listed ConfigMap", "object shop/b", "deleted shop/a"}));
  EXPECT_EQ(sink.reach, Lines{"reachable"});
  EXPECT_EQ(asked("GET /api/v1/configmaps?limit=500"), 1U);
  EXPECT_EQ(asked("GET /api/v1/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=10&timeoutSeconds="), 1U);
}

TEST_F(ClusterTest, ItemsOfAListAreWholeObjects) {
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return sink.last != nullptr; }));
  EXPECT_EQ((*sink.last)["kind"], "ConfigMap");
  EXPECT_EQ((*sink.last)["apiVersion"], "v1");
}

TEST_F(ClusterTest, EventsMaySpanManyReads) {
  const auto lines = event_line("ADDED", "b", "11") + event_line("MODIFIED", "c", "12");
  std::vector<std::string> pieces;
  for (const char byte : lines) pieces.emplace_back(1, byte);
  watches = {watch_reply(pieces, Then::Stay)};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return sink.lines.size() >= 5; }));
  EXPECT_EQ(sink.take(), (Lines{"relist ConfigMap", "object shop/a", "listed ConfigMap", "object shop/b", "object shop/c"}));
}

TEST_F(ClusterTest, PagesAreFollowedAndAnExpiredOneStartsAnew) {
  lists = {json_reply(200, list_of({"a"}, "10", "more=")), status_reply(410, "expired"), json_reply(200, list_of({"a"}, "20", "x")),
           json_reply(200, list_of({"b"}, "20"))};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch=true") == 1; }));
  EXPECT_EQ(sink.take(), (Lines{"relist ConfigMap", "object shop/a", "relist ConfigMap", "object shop/a", "object shop/b", "listed ConfigMap"}));
  EXPECT_EQ(asked("GET /api/v1/configmaps?limit=500&continue=more%3D"), 1U);
}

TEST_F(ClusterTest, ACleanEndGoesOnFromTheLastVersion) {
  watches = {watch_reply({event_line("ADDED", "b", "11"), event_line("BOOKMARK", "", "15")}, Then::End), watch_reply({}, Then::Stay)};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=15") == 1; }));
  EXPECT_EQ(asked("GET /api/v1/configmaps?limit"), 1U) << "no second list";
}

TEST_F(ClusterTest, GoneAsAnEventMakesAList) {
  watches = {watch_reply({R"({"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version"}})" "\n"}, Then::End),
             watch_reply({}, Then::Stay)};
  lists = {json_reply(200, list_of({"a"}, "10")), json_reply(200, list_of({"b"}, "30"))};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=30") == 1; }));
  EXPECT_EQ(sink.take(), (Lines{"relist ConfigMap", "object shop/a", "listed ConfigMap", "relist ConfigMap", "object shop/b", "listed ConfigMap"}));
}

TEST_F(ClusterTest, GoneAsAStatusMakesAList) {
  watches = {status_reply(410, "gone"), watch_reply({}, Then::Stay)};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?limit") == 2 && asked("GET /api/v1/configmaps?watch") == 2; }));
}

TEST_F(ClusterTest, ABrokenWatchGoesOnAfterAPause) {
  watches = {watch_reply({event_line("ADDED", "b", "11")}, Then::Break), watch_reply({event_line("ADDED", "c", "12")}, Then::Stay)};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually_within(5s, [&] { return std::count(sink.lines.begin(), sink.lines.end(), "object shop/c") == 1; }));
  EXPECT_EQ(asked("GET /api/v1/configmaps?limit"), 1U);
  EXPECT_EQ(asked("GET /api/v1/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=11"), 1U);
  EXPECT_EQ(sink.reach, Lines{"reachable"}) << "one break is no news";
}

TEST_F(ClusterTest, ABrokenLineIsReadAgain) {
  watches = {watch_reply({"{\"type\":\"ADDED\",\n"}, Then::Stay), watch_reply({event_line("ADDED", "c", "12")}, Then::Stay)};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually_within(5s, [&] { return std::count(sink.lines.begin(), sink.lines.end(), "object shop/c") == 1; }));
}

TEST_F(ClusterTest, AForbiddenKindFailsAloneAndIsTriedAgain) {
  others["GET /api/v1/secrets"] = {status_reply(403, "secrets is forbidden"), json_reply(200, list_of({"s"}, "5")), watch_reply({}, Then::Stay)};
  make_cluster();
  cluster->watch({kind("ConfigMap"), kind("Secret")}, sink);
  ASSERT_TRUE(eventually([&] { return std::count(sink.lines.begin(), sink.lines.end(), "failed Secret: denied") == 1; }));
  ASSERT_TRUE(eventually([&] { return std::count(sink.lines.begin(), sink.lines.end(), "listed ConfigMap") == 1; }));
  EXPECT_FALSE(eventually_within(40s, [&] { return asked("GET /api/v1/secrets") > 1; }));
  ASSERT_TRUE(eventually_within(40s, [&] { return std::count(sink.lines.begin(), sink.lines.end(), "listed Secret") == 1; }));
}

TEST_F(ClusterTest, AKindThatIsNotServedOrNotListableFails) {
  make_cluster();
  cluster->watch({kind("Nonsense"), kind("Binding")}, sink);
  ASSERT_TRUE(eventually([&] { return sink.lines.size() >= 2; }));
  auto lines = sink.take();
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (Lines{"failed Binding: not found", "failed Nonsense: not found"}));
  EXPECT_EQ(asked("GET /api/v1"), 1U) << "one discovery serves both";
}

TEST_F(ClusterTest, ADefinitionThatComesBringsItsKind) {
  WatchedKind definition{"apiextensions.k8s.io", "v1", "CustomResourceDefinition"};
  WatchedKind widget{"example.test", "v1", "Widget"};
  const auto resource_list = [](const std::string& group_version, const std::string& name, const std::string& kind_name) {
    const json resource{{"name", name}, {"namespaced", true}, {"kind", kind_name}, {"verbs", json::array({"list", "watch"})}};
    return json_reply(200, {{"groupVersion", group_version}, {"resources", json::array({resource})}});
  };
  others["GET /apis/apiextensions.k8s.io/v1"] = {resource_list("apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition")};
  others["GET /apis/example.test/v1"] = {status_reply(404, "no such group"), status_reply(404, "not established yet"),
                                         resource_list("example.test/v1", "widgets", "Widget")};
  others["GET /apis/example.test/v1/widgets"] = {json_reply(200, list_of({"w"}, "5")), watch_reply({}, Then::Stay)};
  others["GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions"] = {
      json_reply(200, list_of({}, "10")), status_reply(503, "not now"), watch_reply({event_line("ADDED", "widgets.example.test", "11")}, Then::Stay)};
  make_cluster();
  cluster->watch({definition, widget}, sink);
  ASSERT_TRUE(eventually([&] { return std::count(sink.lines.begin(), sink.lines.end(), "failed Widget: not found") == 1; }));
  ASSERT_TRUE(eventually_within(10s, [&] { return std::count(sink.lines.begin(), sink.lines.end(), "listed Widget") == 1; }));
}

TEST_F(ClusterTest, ChangingTheSetLeavesKeptKindsAlone) {
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch") == 1; }));
  cluster->watch({kind("ConfigMap"), kind("Nonsense")}, sink);
  ASSERT_TRUE(eventually([&] { return std::count(sink.lines.begin(), sink.lines.end(), "failed Nonsense: not found") == 1; }));
  cluster->watch({kind("Nonsense")}, sink);
  cluster->watch({kind("ConfigMap"), kind("Nonsense")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch") == 2; }));
  EXPECT_EQ(asked("GET /api/v1/configmaps?limit"), 2U);
}

TEST_F(ClusterTest, NothingIsToldAfterTheClose) {
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch") == 1; }));
  run(io, cluster->close());
  sink.take();
  cluster->watch({kind("ConfigMap")}, sink);
  EXPECT_FALSE(eventually_within(2s, [&] { return !sink.lines.empty(); }));
}

TEST_F(ClusterTest, AClusterMayDieWithoutAClose) {
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch") == 1; }));
  cluster.reset();
  sink.take();
  EXPECT_FALSE(eventually_within(2s, [&] { return !sink.lines.empty(); }));
}

TEST_F(ClusterTest, AServerThatStopsIsUnreachableSoonAndComesBack) {
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch") == 1; }));
  run(io, server->stop());
  server.reset();
  ASSERT_TRUE(eventually_within(10s, [&] { return sink.reach.size() == 2; }));
  EXPECT_EQ(sink.reach[1].rfind("unreachable: no connection", 0), 0U) << sink.reach[1];

  net::HttpServerOptions same;
  same.port = port;
  auto again = net::start_http_server(io.get_executor(), clock, same, [this](net::ServerRequest request) { return answer(std::move(request)); });
  ASSERT_TRUE(again) << again.error().message;
  server = std::move(*again);
  ASSERT_TRUE(eventually_within(10s, [&] { return sink.reach.size() == 3; }));
  EXPECT_EQ(sink.reach[2], "reachable");
}

TEST_F(ClusterTest, AServerThatOnlySays503IsUnreachable) {
  make_cluster();
  available = false;
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually_within(20s, [&] { return !sink.reach.empty(); }));
  EXPECT_EQ(sink.reach[0].rfind("unreachable: ", 0), 0U) << sink.reach[0];
  available = true;
  ASSERT_TRUE(eventually_within(10s, [&] { return std::count(sink.lines.begin(), sink.lines.end(), "listed ConfigMap") == 1; }));
  EXPECT_EQ(sink.reach.back(), "reachable");
}

TEST_F(ClusterTest, AQuietWatchIsProbed) {
  watches = {quiet_watch(clock, 40s)};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch") == 1; }));
  ASSERT_TRUE(eventually_within(130s, [&] { return asked("GET /readyz") == 3; }));
  EXPECT_EQ(sink.reach, Lines{"reachable"});
}

TEST_F(ClusterTest, WhereReadyzIsForbiddenTheServerStillSpoke) {
  watches = {quiet_watch(clock, 40s)};
  others["GET /readyz"] = {status_reply(500, "a hook failed")};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually_within(130s, [&] { return asked("GET /version") >= 3; }));
  EXPECT_EQ(sink.reach, Lines{"reachable"});
}

kubernetes::ApplyOptions options_of(bool dry_run) {
  kubernetes::ApplyOptions options;
  options.dry_run = dry_run;
  return options;
}

JsonPtr config_map() { return std::make_shared<const json>(json::parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"shop"}})")); }

TEST_F(ClusterTest, AnApplyIsRepeatedAfter429And5xx) {
  auto busy = status_reply(429, "slow down");
  busy.headers.set("Retry-After", "2");
  others["PATCH /api/v1/namespaces/shop/configmaps/c"] = {busy, status_reply(503, "restarting"), json_reply(201, *config_map())};
  make_cluster();
  std::optional<Result<kubernetes::ApplyOutcome>> outcome;
  asio::co_spawn(io, cluster->apply(config_map(), options_of(false)), [&](std::exception_ptr, Result<kubernetes::ApplyOutcome> done) { outcome = std::move(done); });
  const auto started = clock.mono_now();
  ASSERT_TRUE(eventually_within(10s, [&] { return outcome.has_value(); }));
  ASSERT_TRUE(*outcome) << outcome->error().message;
  EXPECT_EQ((**outcome).status, 201U);
  EXPECT_GE(clock.mono_now() - started, 2s);
  EXPECT_EQ(asked("PATCH"), 3U);
}

TEST_F(ClusterTest, AnApplyGivesUpAfterThreeTries) {
  others["PATCH /api/v1/namespaces/shop/configmaps/c"] = {status_reply(503, "restarting")};
  make_cluster();
  std::optional<Result<kubernetes::ApplyOutcome>> outcome;
  asio::co_spawn(io, cluster->apply(config_map(), options_of(true)), [&](std::exception_ptr, Result<kubernetes::ApplyOutcome> done) { outcome = std::move(done); });
  ASSERT_TRUE(eventually_within(14s, [&] { return outcome.has_value(); }));
  ASSERT_FALSE(*outcome);
  EXPECT_EQ(outcome->error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(outcome->error().message, "prod: apply (dry-run) ConfigMap shop/c: restarting (503)");
  EXPECT_EQ(asked("PATCH"), 3U);
}

TEST_F(ClusterTest, AConflictIsNotRepeated) {
  others["PATCH /api/v1/namespaces/shop/configmaps/c"] = {status_reply(409, "Apply failed with 1 conflict: conflict with \"flux\": .data.a")};
  make_cluster();
  const auto refused = run(io, cluster->apply(config_map(), options_of(false)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
  EXPECT_EQ(asked("PATCH"), 1U);
}

TEST_F(ClusterTest, AnotherSortOfServerIsTold) {
  others["GET /version"] = {net::ServerReply(200, "text/html", "<html>hello")};
  others["GET /api/v1"] = {net::ServerReply(200, "text/html", "<html>hello")};
  make_cluster();
  const auto version = run(io, cluster->server_version());
  ASSERT_FALSE(version);
  EXPECT_NE(version.error().message.find("is this a Kubernetes API server?"), std::string::npos) << version.error().message;
  EXPECT_FALSE(run(io, cluster->is_namespaced(kind("ConfigMap"))));
}

TEST_F(ClusterTest, ARotatedTokenFileIsReadAgain) {
  const auto file = std::filesystem::temp_directory_path() / "driftwarden-kubernetes-token";
  std::ofstream(file) << "one\n";
  required_authorization = "Bearer one";
  make_cluster([&](auto& options) { options.connection.token_file = file.string(); });
  EXPECT_TRUE(run(io, cluster->server_version()));
  required_authorization = "Bearer two";
  std::ofstream(file) << "two\n";
  EXPECT_TRUE(run(io, cluster->server_version())) << "a 401 reads it at once";
  std::ofstream(file) << "three\n";
  required_authorization.clear();
  clock.advance(61s);
  EXPECT_TRUE(run(io, cluster->server_version()));
  EXPECT_EQ(authorizations.back(), "Bearer three") << "and so does a minute";
  std::filesystem::remove(file);
}

TEST_F(ClusterTest, AWrongTokenIsDeniedOnce) {
  required_authorization = "Bearer right";
  make_cluster([](auto& options) { options.connection.token = Secret<std::string>("wrong"); });
  const auto denied = run(io, cluster->server_version());
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, ErrorKind::Denied);
  EXPECT_EQ(denied.error().message.find("wrong"), std::string::npos);
  EXPECT_EQ(requests.size(), 1U);
}

kubernetes::ExecPlugin plugin_that(const std::string& script) {
  kubernetes::ExecPlugin plugin;
  plugin.api_version = "client.authentication.k8s.io/v1";
  plugin.command = "/bin/sh";
  plugin.args = {"-c", script};
  return plugin;
}

std::string says(const std::string& token, const std::string& expires) {
  return R"(echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":")" + token + R"(")" +
         (expires.empty() ? "" : R"(,"expirationTimestamp":")" + expires + R"(")") + "}}'";
}

TEST_F(ClusterTest, ThePluginRunsOnceForManyAndAgainWhenItsTokenEnds) {
  const auto count = std::filesystem::temp_directory_path() / "driftwarden-kubernetes-plugin-runs";
  std::filesystem::remove(count);
  const auto script = "echo run >>" + count.string() + "; " + says("t", "2026-11-21T09:30:00Z");
  make_cluster([&](auto& options) { options.connection.exec = plugin_that(script); });
  required_authorization = "Bearer t";
  const auto runs = [&] { std::ifstream file(count); return std::count(std::istreambuf_iterator<char>(file), {}, '\n'); };
  cluster->watch({kind("ConfigMap"), kind("Nonsense"), kind("Binding")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch") == 1; }));
  EXPECT_EQ(runs(), 1);
  run(io, cluster->close());
  clock.advance(31min);
  EXPECT_TRUE(run(io, cluster->server_version()));
  EXPECT_EQ(runs(), 2);
  std::filesystem::remove(count);
}

TEST_F(ClusterTest, AFailingPluginSaysWhy) {
  make_cluster([&](auto& options) { options.connection.exec = plugin_that("echo please log in >&2; exit 3"); });
  const auto denied = run(io, cluster->server_version());
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, ErrorKind::Denied);
  EXPECT_NE(denied.error().message.find("exit code 3: please log in"), std::string::npos) << denied.error().message;
  EXPECT_TRUE(requests.empty());
}

TEST_F(ClusterTest, A401RunsThePluginOnceMore) {
  const auto file = std::filesystem::temp_directory_path() / "driftwarden-kubernetes-plugin-token";
  std::ofstream(file) << says("old", "");
  make_cluster([&](auto& options) { options.connection.exec = plugin_that(". " + file.string()); });
  EXPECT_TRUE(run(io, cluster->server_version()));
  required_authorization = "Bearer new";
  std::ofstream(file) << says("new", "");
  EXPECT_TRUE(run(io, cluster->server_version()));
  required_authorization = "Bearer other";
  const auto denied = run(io, cluster->server_version());
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, ErrorKind::Denied);
  std::filesystem::remove(file);
}

}  // namespace driftwarden::test
