#include "tests/unit/integrations/sandbox/cluster_support.hpp"

namespace driftwarden::sandbox::cluster {
namespace {

std::vector<Json> lines(const std::string& text) {
  std::vector<Json> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    out.push_back(Json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

std::string summary(const std::string& text) {
  std::string out;
  for (const auto& event : lines(text)) out += event.value("type", "") + " " + text_at(event, {"object", "metadata", "name"}) + ";";
  return out;
}

Watch open(Api& api, const std::string& query) {
  ApiRequest request;
  request.path = kConfigMaps + "?watch=true&" + query;
  ApiReply reply = api.raw(request);
  EXPECT_TRUE(reply.watch.has_value()) << reply.body;
  return Watch(api.core, std::move(*reply.watch));
}

TEST(Watches, TellEveryChangeOnceAndInOrder) {
  Api api;
  Watch watch = open(api, "resourceVersion=" + std::to_string(api.core.store().version()));
  EXPECT_EQ(watch.poll(api.now), "");
  static_cast<void>(api.call("POST", kConfigMaps, config_map("a", Json{{"k", "1"}})));
  static_cast<void>(api.merge(kConfigMaps + "/a", Json{{"data", {{"k", "2"}}}}));
  static_cast<void>(api.call("POST", kConfigMaps, config_map("b", Json::object())));
  static_cast<void>(api.call("DELETE", kConfigMaps + "/a"));
  EXPECT_EQ(summary(watch.poll(api.now)), "ADDED a;MODIFIED a;ADDED b;DELETED a;");
  EXPECT_EQ(watch.poll(api.now), "");
}

TEST(Watches, AnUnchangedWriteIsNoEvent) {
  Api api;
  static_cast<void>(api.call("POST", kConfigMaps, config_map("a", Json{{"k", "1"}})));
  Watch watch = open(api, "resourceVersion=" + std::to_string(api.core.store().version()));
  static_cast<void>(api.merge(kConfigMaps + "/a", Json{{"data", {{"k", "1"}}}}));
  EXPECT_EQ(watch.poll(api.now), "");
}

TEST(Watches, LeavingTheSelectionIsADeletion) {
  Api api;
  static_cast<void>(api.call("POST", kConfigMaps, config_map("a", Json::object())));
  Watch watch = open(api, "labelSelector=x=y&resourceVersion=" + std::to_string(api.core.store().version()));
  static_cast<void>(api.merge(kConfigMaps + "/a", Json{{"metadata", {{"labels", {{"x", "y"}}}}}}));
  static_cast<void>(api.merge(kConfigMaps + "/a", Json{{"metadata", {{"labels", {{"x", "z"}}}}}}));
  EXPECT_EQ(summary(watch.poll(api.now)), "ADDED a;DELETED a;");
}

TEST(Watches, WithoutAVersionBeginWithWhatIsThere) {
  Api api;
  static_cast<void>(api.call("POST", kConfigMaps, config_map("a", Json::object())));
  EXPECT_EQ(summary(open(api, "").poll(api.now)), "ADDED a;");
}

TEST(Watches, AStreamedListEndsWithAMarkedBookmark) {
  Api api;
  static_cast<void>(api.call("POST", kConfigMaps, config_map("a", Json::object())));
  const auto events = lines(open(api, "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true").poll(api.now));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1]["type"], "BOOKMARK");
  EXPECT_EQ(events[1]["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
}

TEST(Watches, AnOldVersionIsGoneAfterACompaction) {
  Api api;
  const auto version = api.core.store().version();
  Watch running = open(api, "resourceVersion=" + std::to_string(version));
  static_cast<void>(api.call("POST", kConfigMaps, config_map("a", Json::object())));
  api.core.compact();
  for (Watch* watch : {&running}) {
    const auto events = lines(watch->poll(api.now));
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0]["type"], "ERROR");
    EXPECT_EQ(events[0]["object"]["code"], 410);
    EXPECT_TRUE(watch->ended());
  }
  const auto late = lines(open(api, "resourceVersion=" + std::to_string(version)).poll(api.now));
  EXPECT_EQ(late[0]["object"]["reason"], "Expired");
  EXPECT_EQ(open(api, "resourceVersion=" + std::to_string(api.core.store().version())).poll(api.now), "");
}

}  // namespace
}  // namespace driftwarden::sandbox::cluster
