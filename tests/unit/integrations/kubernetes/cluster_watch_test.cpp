// What a watch tells of its objects, and what its silence means: the client against a scripted server.
#include "tests/unit/integrations/kubernetes/fake_api.hpp"

#include <algorithm>

namespace driftwarden::test {

using namespace std::chrono_literals;
using nlohmann::json;
using Lines = std::vector<std::string>;

TEST_F(ClusterTest, WhatTheSinkDoesNotWantIsNotDelivered) {
  watches = {watch_reply({event_line("ADDED", "b", "11"), event_line("MODIFIED", "c", "12"), event_line("DELETED", "b", "13")}, Then::End), watch_reply({}, Then::Stay)};
  sink.wanted = [](const LiveGlimpse& glimpse) { return glimpse.ref.name == "c"; };
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=13") == 1; }));
  EXPECT_EQ(sink.take(), (Lines{"relist ConfigMap", "listed ConfigMap", "object shop/c", "deleted shop/b"}));
  EXPECT_EQ(sink.glimpses, (Lines{"shop/a 10", "shop/b 11", "shop/c 12"}));
  EXPECT_NE(sink.last_content, 0U);
}

TEST_F(ClusterTest, TheDigestOfAnEventIsThatOfTheListedItem) {
  std::vector<std::uint64_t> contents;
  sink.wanted = [&](const LiveGlimpse& glimpse) {
    contents.push_back(glimpse.content);
    return true;
  };
  watches = {watch_reply({event_line("MODIFIED", "a", "11"), event_line("MODIFIED", "b", "12")}, Then::Stay)};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return contents.size() == 3; }));
  EXPECT_EQ(contents[0], contents[1]);
  EXPECT_NE(contents[1], contents[2]);
}

TEST_F(ClusterTest, WhatTheScannerLeavesToTheParserStillArrives) {
  watches = {watch_reply({R"({"type":"ADDED","object":{"metadata":{"name":"\u0062","namespace":"shop","resourceVersion":"11"}}})" "\n"}, Then::Stay)};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return sink.lines.size() == 4; }));
  EXPECT_EQ(sink.lines[3], "object shop/b");
  EXPECT_EQ(sink.last_content, 0U) << "not known";
}

TEST_F(ClusterTest, AListArrivesItemByItem) {
  const auto text = list_of({"a", "b", "c"}, "10").dump();
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < text.size(); at += 7) pieces.push_back(text.substr(at, 7));
  lists = {watch_reply(pieces, Then::End)};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch") == 1; }));
  EXPECT_EQ(sink.take(), (Lines{"relist ConfigMap", "object shop/a", "object shop/b", "object shop/c", "listed ConfigMap"}));
}

TEST_F(ClusterTest, AListThatBreaksOffStartsAnew) {
  const auto text = list_of({"a", "b", "c"}, "10").dump();
  lists = {watch_reply({text.substr(0, text.size() - 40)}, Then::Break), watch_reply({text.substr(0, text.size() - 40)}, Then::End),
           json_reply(200, list_of({"a"}, "10"))};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually_within(10s, [&] { return asked("GET /api/v1/configmaps?watch") == 1; }));
  EXPECT_EQ(asked("GET /api/v1/configmaps?limit"), 3U);
  EXPECT_EQ(std::count(sink.lines.begin(), sink.lines.end(), "relist ConfigMap"), 3);
  EXPECT_EQ(std::count(sink.lines.begin(), sink.lines.end(), "listed ConfigMap"), 1);
}

TEST_F(ClusterTest, MetadataOnlyKindsAskForNoMore) {
  watches = {watch_reply({R"({"type":"ADDED","object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"b","namespace":"shop","resourceVersion":"11"}}})" "\n"}, Then::Stay)};
  make_cluster();
  auto partial = kind("ConfigMap");
  partial.metadata_only = true;
  cluster->watch({partial}, sink);
  ASSERT_TRUE(eventually([&] { return sink.lines.size() == 4; }));
  EXPECT_EQ(sink.take(), (Lines{"relist ConfigMap", "object shop/a", "listed ConfigMap", "object shop/b"}));
  std::map<std::string, std::string> accept;
  for (std::size_t i = 0; i < requests.size(); ++i) accept[requests[i].substr(0, 32)] = accepts[i];
  EXPECT_EQ(accept["GET /api/v1/configmaps?limit=500"], "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
  EXPECT_EQ(accept["GET /api/v1/configmaps?watch=tru"], "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
}

TEST_F(ClusterTest, AKindMayBeWatchedBothWays) {
  make_cluster();
  auto partial = kind("ConfigMap");
  partial.metadata_only = true;
  cluster->watch({kind("ConfigMap"), partial}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch") == 2; }));
  cluster->watch({partial}, sink);
  EXPECT_FALSE(eventually_within(2s, [&] { return asked("GET /api/v1/configmaps?watch") > 2; }));
}

TEST_F(ClusterTest, WatchesAskForAnEndWithinTheMinute) {
  watches = {quiet_watch(clock, 40s)};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually_within(210s, [&] { return asked("GET /api/v1/configmaps?watch") == 5; }));
  for (const auto& line : requests) {
    const auto at = line.find("timeoutSeconds=");
    if (at == std::string::npos) continue;
    const auto seconds = std::stoi(line.substr(at + 15));
    EXPECT_GE(seconds, 36);
    EXPECT_LE(seconds, 50);
  }
  EXPECT_EQ(sink.reach, Lines{"reachable"});
}

TEST_F(ClusterTest, AWatchThatHangsMakesTheClusterUnreachableWithinTheLimit) {
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch") == 1; }));
  const auto since = clock.mono_now();
  ASSERT_TRUE(eventually_within(62s, [&] { return sink.reach.size() == 2; }));
  EXPECT_LE(clock.mono_now() - since, 61s);
  EXPECT_EQ(sink.reach[1], "unreachable: the watch of ConfigMap has been silent for 60 s: its stream said nothing and did not end");
  EXPECT_GE(asked("GET /readyz"), 2U) << "the server answers all the same";
  EXPECT_FALSE(eventually_within(100s, [&] { return sink.reach.size() > 2; })) << "that a watch opens proves nothing after it hung";
  watches = {watch_reply({event_line("BOOKMARK", "", "15")}, Then::Stay)};
  ASSERT_TRUE(eventually_within(60s, [&] { return sink.reach.size() == 3; }));
  EXPECT_EQ(sink.reach[2], "reachable");
}

TEST_F(ClusterTest, AProbeThatHangsDelaysNoNews) {
  others["GET /readyz"] = {watch_reply({}, Then::Stay)};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch") == 1; }));
  const auto since = clock.mono_now();
  ASSERT_TRUE(eventually_within(70s, [&] { return sink.reach.size() == 2; }));
  EXPECT_LE(clock.mono_now() - since, 61s);
}

TEST_F(ClusterTest, AConnectionThatWasLostWithoutNoticeIsNoNews) {
  watches = {watch_reply({}, Then::Stay), quiet_watch(clock, 2s), quiet_watch(clock, 40s)};
  make_cluster();
  cluster->watch({kind("ConfigMap")}, sink);
  ASSERT_TRUE(eventually_within(130s, [&] { return asked("GET /api/v1/configmaps?watch") == 4; }));
  EXPECT_EQ(asked("GET /api/v1/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=10&timeoutSeconds=2"), 1U) << "to prove itself in what is left";
  EXPECT_EQ(sink.reach, Lines{"reachable"});
}

TEST_F(ClusterTest, AKindThatCannotBeWatchedAgainMakesTheClusterUnreachable) {
  watches = {quiet_watch(clock, 40s)};
  make_cluster();
  others["GET /api/v1/secrets"] = {status_reply(403, "secrets is forbidden")};
  cluster->watch({kind("ConfigMap"), kind("Secret")}, sink);
  ASSERT_TRUE(eventually([&] { return asked("GET /api/v1/configmaps?watch") == 1; }));
  const auto before = clock.wall_now();
  watchable = false;
  const auto since = clock.mono_now();
  ASSERT_TRUE(eventually_within(110s, [&] { return sink.reach.size() == 2; }));
  EXPECT_EQ(sink.reach[1].rfind("unreachable: the watch of ConfigMap has been silent for 6", 0), 0U) << sink.reach[1];
  EXPECT_NE(sink.reach[1].find("etcd is slow (503)"), std::string::npos) << sink.reach[1];
  EXPECT_LE(clock.mono_now() - since, 101s) << "one watch, then the limit";
  EXPECT_LE(cluster->last_heard(), before + 41s) << "what is known is as of the last word of that watch";
  watchable = true;
  ASSERT_TRUE(eventually_within(10s, [&] { return sink.reach.size() == 3; })) << "not after the back-off";
  EXPECT_EQ(sink.reach[2], "reachable");
}

TEST_F(ClusterTest, AKindThatIsRefusedAgainAndAgainLeavesTheOthersAlone) {
  watches = {quiet_watch(clock, 40s)};
  others["GET /api/v1/secrets"] = {status_reply(500, "conversion webhook for shop.example/v1 failed")};
  make_cluster();
  cluster->watch({kind("ConfigMap"), kind("Secret")}, sink);
  ASSERT_TRUE(eventually_within(60s, [&] { return std::ranges::any_of(sink.lines, [](const std::string& line) { return line.starts_with("failed Secret"); }); }));
  EXPECT_FALSE(eventually_within(100s, [&] { return sink.reach.size() > 1; }));
  EXPECT_EQ(sink.reach, Lines{"reachable"});
}

TEST_F(ClusterTest, LastHeardIsOfTheServersClockOfWords) {
  make_cluster();
  EXPECT_EQ(cluster->last_heard(), WallTime{});
  ASSERT_TRUE(run(io, cluster->server_version()));
  const auto then = clock.wall_now();
  EXPECT_EQ(cluster->last_heard(), then);
  clock.advance(7s);
  EXPECT_EQ(cluster->last_heard(), then);
}

TEST_F(ClusterTest, AsksWhetherItMay) {
  const auto review = [](const json& status) { return json_reply(201, {{"kind", "SelfSubjectAccessReview"}, {"status", status}}); };
  const std::string path = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  others[path] = {review({{"allowed", true}}), review({{"allowed", false}, {"reason", "RBAC"}}), review(json::object()), status_reply(404, "not found")};
  make_cluster();
  EXPECT_EQ(*run(io, cluster->may("patch", kind("ConfigMap"), "shop")), true);
  EXPECT_EQ(json::parse(bodies.back())["spec"]["resourceAttributes"],
            json::parse(R"({"verb":"patch","group":"","version":"v1","resource":"configmaps","namespace":"shop"})"));
  EXPECT_EQ(*run(io, cluster->may("get", kind("ConfigMap"), "")), false);
  EXPECT_FALSE(json::parse(bodies.back())["spec"]["resourceAttributes"].contains("namespace"));
  EXPECT_EQ(run(io, cluster->may("get", kind("ConfigMap"), "")).error().kind, ErrorKind::Corrupt);
  EXPECT_EQ(run(io, cluster->may("get", kind("ConfigMap"), "")).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(run(io, cluster->may("get", kind("Nonsense"), "")).error().kind, ErrorKind::NotFound);
}

json openapi_of(const std::string& group, const std::string& kind_name) {
  json schema{{"type", "object"}, {"description", "long"}, {"properties", {{"metadata", {{"type", "object"}}}, {"spec", {{"$ref", "#/components/schemas/Spec"}}}}}};
  schema["x-kubernetes-group-version-kind"] = json::array({json{{"group", group}, {"version", "v1"}, {"kind", kind_name}}});
  json spec{{"type", "object"}, {"properties", {{"size", {{"type", "integer"}}}}}};
  return {{"paths", {{"/x", json::object()}}}, {"components", {{"schemas", {{"Top", schema}, {"Spec", spec}, {"Unused", spec}}}}}};
}

TEST_F(ClusterTest, SchemasAreFetchedWhereSomethingIsNew) {
  const auto index = [](const std::string& core_hash) {
    return json_reply(200, {{"paths", {{"api/v1", {{"serverRelativeURL", "/openapi/v3/api/v1?hash=" + core_hash}}}, {"apis/example.test/v1", {{"serverRelativeURL", "/openapi/v3/apis/example.test/v1?hash=X"}}}}}});
  };
  others["GET /openapi/v3"] = {index("A"), index("A"), index("A"), index("B")};
  others["GET /openapi/v3/api/v1"] = {json_reply(200, openapi_of("", "ConfigMap"))};
  others["GET /openapi/v3/apis/example.test/v1"] = {json_reply(200, openapi_of("example.test", "Widget"))};
  make_cluster();
  const WatchedKind widget{"example.test", "v1", "Widget"};
  cluster->watch({kind("ConfigMap")}, sink);
  const auto first = run(io, cluster->schemas());
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_NE((*first)->find("v1", "ConfigMap"), nullptr);
  EXPECT_EQ((*first)->find("example.test/v1", "Widget"), nullptr);
  EXPECT_EQ(*run(io, cluster->schemas()), *first);
  cluster->watch({kind("ConfigMap"), widget}, sink);
  const auto second = run(io, cluster->schemas());
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_NE((*second)->find("example.test/v1", "Widget"), nullptr);
  EXPECT_EQ((*second)->find("v1", "ConfigMap"), (*first)->find("v1", "ConfigMap")) << "kept as it was";
  EXPECT_NE((*second)->find("apps/v1", "Deployment"), nullptr) << "from the built-in table";
  EXPECT_EQ(asked("GET /openapi/v3/api/v1"), 1U);
  ASSERT_TRUE(run(io, cluster->schemas()));
  EXPECT_EQ(asked("GET /openapi/v3/api/v1"), 2U) << "another hash";
  EXPECT_EQ(asked("GET /openapi/v3/apis/example.test/v1"), 1U);
}

}  // namespace driftwarden::test
