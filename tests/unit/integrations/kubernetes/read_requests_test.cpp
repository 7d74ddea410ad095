// Lists and logs: what is asked, and what the answers mean.
#include "integrations/kubernetes/object_requests.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace driftwarden::kubernetes {
namespace {

using nlohmann::json;

ListQuery pods_query() {
  ListQuery query;
  query.kind.version = "v1";
  query.kind.kind = "Pod";
  query.namespace_ = "shop";
  return query;
}

ApiResource pods() {
  ApiResource out;
  out.kind.version = "v1";
  out.kind.kind = "Pod";
  out.plural = "pods";
  out.namespaced = true;
  return out;
}

net::HttpResponse response(unsigned status, std::string body) {
  net::HttpResponse out;
  out.status = status;
  out.body = std::move(body);
  return out;
}

std::string status_body(const std::string& message) { return json{{"kind", "Status"}, {"message", message}}.dump(); }

TEST(MakeList, AsksForOnePage) {
  auto query = pods_query();
  EXPECT_EQ(make_list(pods(), query).path, "/api/v1/namespaces/shop/pods?limit=500");
  query.namespace_.clear();
  query.limit = 0;
  EXPECT_EQ(make_list(pods(), query).path, "/api/v1/pods?limit=1");
}

TEST(MakeList, EncodesItsSelectors) {
  auto query = pods_query();
  query.label_selector = "app=web,tier in (a,b)";
  query.field_selector = "status.phase!=Running";
  const auto path = make_list(pods(), query).path;
  EXPECT_NE(path.find("labelSelector=app%3Dweb%2Ctier"), std::string::npos) << path;
  EXPECT_NE(path.find("fieldSelector=status.phase%21%3DRunning"), std::string::npos) << path;
  EXPECT_EQ(path.find(' '), std::string::npos);
}

TEST(ReadList, GivesItemsTheirKind) {
  const auto read = read_list("x: list", response(200, R"({"kind":"PodList","items":[{"metadata":{"name":"a"}}]})"), pods_query(), "pods");
  ASSERT_TRUE(read);
  EXPECT_EQ(**read, json::parse(R"([{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}])"));
  const auto none = read_list("x: list", response(200, R"({"items":null})"), pods_query(), "pods");
  ASSERT_TRUE(none);
  EXPECT_TRUE((*none)->empty());
}

TEST(ReadList, RefusesWhatIsNoList) {
  for (const char* body : {"", "[]", "{}", R"({"items":7})", R"({"items":[7]})", "no json"}) {
    const auto read = read_list("x: list", response(200, body), pods_query(), "pods");
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().kind, ErrorKind::Corrupt);
  }
}

TEST(ReadList, NamesTheRightThatLacks) {
  auto query = pods_query();
  const auto read = read_list("x: list Pod", response(403, status_body("pods is forbidden")), query, "pods");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::Denied);
  EXPECT_NE(read.error().message.find("pods is forbidden"), std::string::npos);
  EXPECT_NE(read.error().message.find("lacks the right to list pods in namespace shop"), std::string::npos) << read.error().message;
  query.namespace_.clear();
  EXPECT_NE(read_list("x", response(403, ""), query, "pods").error().message.find("list pods in all namespaces"), std::string::npos);
}

TEST(MakeLogRequest, SaysAllThatWasAsked) {
  LogQuery query;
  query.namespace_ = "shop";
  query.pod = "web-1";
  EXPECT_EQ(make_log_request(query).path, "/api/v1/namespaces/shop/pods/web-1/log?limitBytes=524288&tailLines=100");
  query.container = "app";
  query.previous = true;
  query.timestamps = true;
  query.since = Duration{1500};
  query.tail = 0;
  query.limit_bytes = 0;
  EXPECT_EQ(make_log_request(query).path,
            "/api/v1/namespaces/shop/pods/web-1/log?container=app&limitBytes=1&previous=true&sinceSeconds=2&tailLines=1&timestamps=true");
  query.pod = "../secrets/x?a";
  EXPECT_EQ(make_log_request(query).path.find("/api/v1/namespaces/shop/pods/..%2Fsecrets%2Fx%3Fa/log?"), 0U);
}

struct LogRow {
  std::string name;
  unsigned status;
  std::string message;
  ErrorKind kind;
  friend void PrintTo(const LogRow& row, std::ostream* out) { *out << row.name; }
};
class LogRefusals : public testing::TestWithParam<LogRow> {};
TEST_P(LogRefusals, AreTold) {
  LogQuery query;
  query.namespace_ = "shop";
  const auto read = read_log("x: log of shop/web-1", response(GetParam().status, status_body(GetParam().message)), query);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, GetParam().kind);
  EXPECT_NE(read.error().message.find(GetParam().message), std::string::npos) << "in the server's words: " << read.error().message;
}
INSTANTIATE_TEST_SUITE_P(
    Rows, LogRefusals,
    testing::Values(LogRow{"Waiting", 400, "container \"app\" in pod \"web-1\" is waiting to start: ContainerCreating", ErrorKind::Conflict},
                    LogRow{"NoEarlierRun", 400, "previous terminated container \"app\" in pod \"web-1\" not found", ErrorKind::NotFound},
                    LogRow{"NoSuchContainer", 400, "container x is not valid for pod web-1", ErrorKind::NotFound},
                    LogRow{"WhichContainer", 400, "a container name must be specified for pod web-1, choose one of: [a b]", ErrorKind::InvalidInput},
                    LogRow{"NoSuchPod", 404, "pods \"web-1\" not found", ErrorKind::NotFound}, LogRow{"Forbidden", 403, "pods \"web-1\" is forbidden", ErrorKind::Denied},
                    LogRow{"KubeletGone", 500, "Get \"https://node:10250/containerLogs\": dial tcp: connection refused", ErrorKind::Unavailable},
                    LogRow{"Busy", 429, "too many requests", ErrorKind::RateLimited}),
    [](const auto& row) { return row.param.name; });

TEST(ReadLog, IsTextAsItCame) {
  LogQuery query;
  const auto read = read_log("x", response(200, "a\n{\"b\":1}\n"), query);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, "a\n{\"b\":1}\n");
}

}  // namespace
}  // namespace driftwarden::kubernetes
