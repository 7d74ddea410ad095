// Events of Flux and Argo CD: who may tell, and what is heard.
#include "bot/web/deploy_hook.hpp"

#include "gitops/base/crypto.hpp"
#include "tests/support/run.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

namespace driftwarden {
namespace {

constexpr const char* kSecret = "between Flux and us";
constexpr const char* kEvent =
    R"({"involvedObject":{"apiVersion":"kustomize.toolkit.fluxcd.io/v1","kind":"Kustomization","name":"checkout","namespace":"apps","uid":"x"},
  "severity":"info","timestamp":"2026-03-01T08:00:00Z","message":"applied","reason":"ReconciliationSucceeded","metadata":{"revision":"main@sha1:abc"},"reportingController":"kustomize-controller"})";

using Headers = std::vector<std::pair<std::string, std::string>>;

class DeployHookTest : public testing::Test {
 protected:
  DeployHookTest() { use(kSecret); }
  void use(const std::string& secret) {
    WebParts parts;
    parts.webhook_secret = Secret<std::string>(secret);
    parts.on_deploy_event = [this](const std::string& kind, const std::string& namespace_, const std::string& name) {
      heard.push_back(kind + " " + namespace_ + "/" + name);
    };
    handler = make_web_handler(std::move(parts));
  }
  unsigned post(const std::string& path, const std::string& body, const Headers& headers, const std::string& method = "POST") {
    net::ServerRequest request;
    request.method = method;
    request.path = path;
    request.body = body;
    for (const auto& [name, value] : headers) request.headers.set(name, value);
    return test::run(io, handler(std::move(request))).status;
  }
  static std::string sign(const std::string& body, const std::string& secret = kSecret) { return "sha256=" + hmac_sha256_hex(secret, body); }

  asio::io_context io;
  net::ServerHandler handler;
  std::vector<std::string> heard;
};

TEST_F(DeployHookTest, FluxIsBelievedOnce) {
  EXPECT_EQ(post("/hooks/flux", kEvent, {{"X-Signature", sign(kEvent)}, {"Gotk-Component", "kustomize-controller"}}), 202U);
  EXPECT_EQ(heard, std::vector<std::string>{"Kustomization apps/checkout"});
  EXPECT_EQ(post("/hooks/flux", kEvent, {{"X-Signature", sign(kEvent)}}), 200U) << "a replay";
  EXPECT_EQ(heard.size(), 1U);
}

TEST_F(DeployHookTest, ArgoSendsTheSecretItself) {
  const std::string body = R"({"namespace":"argocd","name":"checkout"})";
  for (int at = 0; at < 2; ++at)
    EXPECT_EQ(post("/hooks/argocd", body, {{"Authorization", std::string("Bearer ") + kSecret}}), 202U) << "the same may happen again";
  EXPECT_EQ(heard, (std::vector<std::string>{"Application argocd/checkout", "Application argocd/checkout"}));
  const std::string kind = R"({"kind":"ApplicationSet","namespace":"argocd","name":"all"})";
  EXPECT_EQ(post("/hooks/argocd", kind, {{"X-Signature", sign(kind)}}), 202U);
  EXPECT_EQ(heard.back(), "ApplicationSet argocd/all");
}

struct RefusedRow {
  std::string name;
  Headers headers;
  friend void PrintTo(const RefusedRow& row, std::ostream* out) { *out << row.name; }
};
class RefusedHooks : public DeployHookTest, public testing::WithParamInterface<RefusedRow> {};
TEST_P(RefusedHooks, AreNotHeard) {
  for (const char* path : {"/hooks/flux", "/hooks/argocd"}) EXPECT_EQ(post(path, kEvent, GetParam().headers), 401U);
  EXPECT_TRUE(heard.empty());
}
INSTANTIATE_TEST_SUITE_P(Rows, RefusedHooks,
                         testing::Values(RefusedRow{"Nothing", {}}, RefusedRow{"AnotherSecret", {{"X-Signature", "sha256=" + hmac_sha256_hex("x", kEvent)}}},
                                         RefusedRow{"AnotherBody", {{"X-Signature", "sha256=" + hmac_sha256_hex(kSecret, "{}")}}},
                                         RefusedRow{"WithoutItsDigest", {{"X-Signature", hmac_sha256_hex(kSecret, kEvent)}}},
                                         RefusedRow{"Sha1", {{"X-Signature", "sha1=" + hmac_sha256_hex(kSecret, kEvent)}}},
                                         RefusedRow{"Sha512", {{"X-Signature", "sha512=" + hmac_sha256_hex(kSecret, kEvent)}}},
                                         RefusedRow{"TwoDigests", {{"X-Signature", "sha256=sha256=" + hmac_sha256_hex(kSecret, kEvent)}}},
                                         RefusedRow{"EmptySignature", {{"X-Signature", ""}}},
                                         RefusedRow{"ABadSignatureBesideTheSecret",
                                                    {{"X-Signature", "sha256=00"}, {"Authorization", std::string("Bearer ") + kSecret}}},
                                         RefusedRow{"AnotherToken", {{"Authorization", "Bearer x"}}}, RefusedRow{"NoToken", {{"Authorization", "Bearer "}}},
                                         RefusedRow{"Basic", {{"Authorization", std::string("Basic ") + kSecret}}},
                                         RefusedRow{"AForgesHeader", {{"X-Hub-Signature-256", "sha256=" + hmac_sha256_hex(kSecret, kEvent)}}}),
                         [](const auto& row) { return row.param.name; });

TEST_F(DeployHookTest, WithoutASecretNobodyIsHeard) {
  use("");
  EXPECT_EQ(post("/hooks/flux", kEvent, {{"X-Signature", sign(kEvent, "")}}), 403U);
  EXPECT_EQ(post("/hooks/argocd", kEvent, {{"Authorization", "Bearer "}}), 403U);
  EXPECT_TRUE(heard.empty());
}

TEST_F(DeployHookTest, WhatNamesNoObjectIsNothingToLookAt) {
  for (const std::string body :
       {"", "x", "[]", "{}", R"({"involvedObject":7})", R"({"involvedObject":{"kind":"Kustomization","name":"a"}})",
        R"({"involvedObject":{"kind":"K\n","name":"a","namespace":"b"}})", R"({"involvedObject":{"kind":"Kustomization","name":"<!channel>","namespace":"b"}})",
        R"({"involvedObject":{"kind":"Kustomization","name":["a"],"namespace":"b"}})"}) {
    EXPECT_EQ(post("/hooks/flux", body, {{"X-Signature", sign(body)}}), 200U) << body;
  }
  EXPECT_TRUE(heard.empty());
}

TEST_F(DeployHookTest, LimitsAndMethods) {
  EXPECT_EQ(post("/hooks/flux", kEvent, {{"X-Signature", sign(kEvent)}}, "GET"), 405U);
  EXPECT_EQ(post("/hooks/flux", std::string((1U << 20U) + 1, ' '), {}), 413U);
  EXPECT_EQ(post("/hooks/other", kEvent, {{"X-Signature", sign(kEvent)}}), 405U);
  EXPECT_TRUE(heard.empty());
}

}  // namespace
}  // namespace driftwarden
