#include "tests/contract/cluster/cluster_contract.hpp"

#include "tests/support/run.hpp"

#include <fmt/core.h>

#include <cstdlib>
#include <iostream>

namespace driftwarden::test {

using nlohmann::json;

void RecordingSink::on_object(const std::string&, LiveObject object) {
  lines.push_back("object " + object.ref.name);
  objects[object.ref.name] = object.body;
}
bool RecordingSink::wants(const std::string&, const LiveGlimpse& glimpse) {
  contents[glimpse.ref.name].push_back(glimpse.content);
  versions.emplace_back(glimpse.resource_version);
  return true;
}
void RecordingSink::on_deleted(const std::string&, const ObjectRef& ref) {
  lines.push_back("deleted " + ref.name);
  objects.erase(ref.name);
}
void RecordingSink::on_listed(const std::string&, const WatchedKind& kind) { lines.push_back("listed " + kind.kind); }
void RecordingSink::on_relist(const std::string&, const WatchedKind& kind) { lines.push_back("relist " + kind.kind); }
void RecordingSink::on_kind_failed(const std::string&, const WatchedKind& kind, const Error& why) {
  lines.push_back(fmt::format("failed {} {}", kind.kind, to_string(why.kind)));
}
void RecordingSink::on_reachable(const std::string&, bool reachable, const std::string&) { lines.push_back(reachable ? "reachable" : "unreachable"); }
std::size_t RecordingSink::count(const std::string& line) const { return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), line)); }
JsonPtr RecordingSink::find(const std::string& name) const {
  const auto found = objects.find(name);
  return found == objects.end() ? nullptr : found->second;
}

void ClusterContract::SetUp() {
  if (const auto why = GetParam().unavailable(); !why.empty()) {
    const char* required = std::getenv("DRIFTWARDEN_REQUIRE_LIVE");
    if (required != nullptr && std::string(required) == "1") FAIL() << GetParam().name << ": " << why;
    GTEST_SKIP() << "SKIPPED ALOUD: " << GetParam().name << ": " << why;
  }
  server = GetParam().start(io, clock, *random);
  api = std::make_unique<kubernetes::ApiClient>(io.get_executor(), clock, *random, server->connection());
  cluster = make_cluster(server->connection());
  ns = "dw-contract-" + random->hex(8);
  const json space{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", ns}}}};
  ASSERT_EQ(call("POST", "/api/v1/namespaces", space).status, 201U);
}

std::unique_ptr<kubernetes::Cluster> ClusterContract::make_cluster(kubernetes::Connection connection, std::optional<Duration> heartbeat_limit) {
  kubernetes::ClusterOptions options;
  options.name = "contract";
  options.connection = std::move(connection);
  options.page_size = 3;
  if (heartbeat_limit) {
    options.heartbeat_limit = *heartbeat_limit;
    options.probe_every = *heartbeat_limit / 2;
    options.request_timeout = *heartbeat_limit;
    options.backoff_max = *heartbeat_limit / 4;
  }
  return kubernetes::create_cluster(io.get_executor(), clock, *random, std::move(options));
}

void ClusterContract::TearDown() {
  if (!server) return;
  server->freeze(false);
  call("DELETE", "/api/v1/namespaces/" + ns);
  run(io, cluster->close());
  cluster.reset();
  api.reset();
  server->stop(io);
  server.reset();
}

Answer ClusterContract::call(const std::string& method, const std::string& path, const json& body, const std::string& type) {
  static const std::map<std::string, std::string> kTypes{{"json-body", "application/json"},
                                                         {"apply", "application/apply-patch+yaml"},
                                                         {"merge", "application/merge-patch+json"},
                                                         {"strategic", "application/strategic-merge-patch+json"},
                                                         {"json", "application/json-patch+json"}};
  kubernetes::ApiRequest request(method, path);
  if (!body.is_null()) {
    request.content_type = kTypes.at(type);
    request.body = body.dump();
  }
  auto response = run(io, api->send(std::move(request)), std::chrono::seconds{20});
  if (!response) throw std::runtime_error(method + " " + path + ": " + response.error().message);
  Answer answer;
  answer.status = response->status;
  answer.body = json::parse(response->body, nullptr, false);
  return answer;
}

Answer ClusterContract::apply_as(const std::string& manager, const json& object, const std::string& more) {
  static const std::map<std::string, std::string> kPlurals{{"ConfigMap", "configmaps"}, {"Deployment", "deployments"}, {"Service", "services"}};
  const auto target = path(object["apiVersion"], kPlurals.at(object["kind"]), object["metadata"]["name"]);
  return call("PATCH", target + "?fieldManager=" + manager + more, object, "apply");
}

std::string ClusterContract::path(const std::string& group_version, const std::string& plural, const std::string& name) const {
  const auto root = group_version.find('/') == std::string::npos ? "/api/" : "/apis/";
  return root + group_version + "/namespaces/" + ns + "/" + plural + (name.empty() ? "" : "/" + name);
}

json ClusterContract::config_map(const std::string& name, const json& data) const {
  return {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}, {"namespace", ns}}}, {"data", data}};
}

json ClusterContract::deployment(const std::string& name) const {
  const auto text = R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"NAME"},"spec":{"selector":{"matchLabels":{"app":"NAME"}},
    "template":{"metadata":{"labels":{"app":"NAME"}},"spec":{"containers":[{"name":"app","image":"r.test/app:1","ports":[{"containerPort":8080}]}]}}}})";
  auto object = json::parse(text);
  object["metadata"] = {{"name", name}, {"namespace", ns}};
  object["spec"]["selector"]["matchLabels"]["app"] = name;
  object["spec"]["template"]["metadata"]["labels"]["app"] = name;
  return object;
}

json ClusterContract::service(const std::string& name) const {
  auto object = json::parse(R"({"apiVersion":"v1","kind":"Service","spec":{"selector":{"app":"x"},"ports":[{"port":80}]}})");
  object["metadata"] = {{"name", name}, {"namespace", ns}};
  return object;
}

Result<kubernetes::ApplyOutcome> ClusterContract::apply(const json& object, bool dry_run, bool force) {
  kubernetes::ApplyOptions options;
  options.dry_run = dry_run;
  options.force = force;
  return run(io, cluster->apply(std::make_shared<const json>(object), options), std::chrono::seconds{20});
}

bool ClusterContract::eventually(const std::function<bool()>& holds, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  io.restart();
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    io.run_one_for(std::chrono::milliseconds{50});
  }
  return true;
}

json managed_entry(const json& object, const std::string& manager, const std::string& operation, const std::string& subresource) {
  if (!object["metadata"].contains("managedFields")) return nullptr;
  for (const auto& entry : object["metadata"]["managedFields"]) {
    if (entry["manager"] == manager && entry["operation"] == operation && entry.value("subresource", "") == subresource) return entry;
  }
  return nullptr;
}

namespace {

std::string step_text(const std::string& key) {
  if (key.starts_with("f:")) return "." + key.substr(2);
  if (key.starts_with("v:")) return "[=" + key.substr(2) + "]";
  if (!key.starts_with("k:")) return key;
  std::string out;
  const auto keys = json::parse(key.substr(2));
  for (const auto& [name, value] : keys.items()) out += (out.empty() ? "" : ",") + name + "=" + value.dump();
  return "[" + out + "]";
}

void collect(const json& fields, const std::string& prefix, std::set<std::string>& out) {
  for (const auto& [key, below] : fields.items()) {
    if (key == ".") {
      out.insert(prefix);
    } else if (below.empty()) {
      out.insert(prefix + step_text(key));
    } else {
      collect(below, prefix + step_text(key), out);
    }
  }
}

}  // namespace

std::set<std::string> owned_paths(const json& entry) {
  std::set<std::string> out;
  if (entry.is_object()) collect(entry["fieldsV1"], "", out);
  return out;
}

}  // namespace driftwarden::test
