#include "integrations/kubernetes/kubeconfig.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace driftwarden::kubernetes {
namespace {

const char* const kFile = R"(apiVersion: v1
kind: Config
current-context: prod
clusters:
- name: prod
  cluster: {server: "https://10.0.0.1:6443/k8s", certificate-authority-data: Q0E=, tls-server-name: api.prod}
- name: plain
  cluster: {server: "http://10.0.0.1:8080"}
- name: loop
  cluster: {server: "http://127.0.0.1:8080"}
- name: proxied
  cluster: {server: "https://10.0.0.1", proxy-url: "http://proxy:3128"}
- name: both
  cluster: {server: "https://10.0.0.1", insecure-skip-tls-verify: true, certificate-authority-data: Q0E=}
- name: unverified
  cluster: {server: "https://10.0.0.1", insecure-skip-tls-verify: true}
- name: unverified-loop
  cluster: {server: "https://127.0.0.1:6443", insecure-skip-tls-verify: true}
- name: broken
  cluster: {server: "https://10.0.0.1", certificate-authority-data: "%%%"}
- name: file
  cluster: {server: "https://10.0.0.1", certificate-authority: ca.crt}
- name: nowhere
  cluster: {}
users:
- name: cert
  user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ}
- name: half
  user: {client-certificate-data: Q0VSVA==}
- name: token
  user: {token: "s3cret "}
- name: tokenfile
  user: {tokenFile: token.txt}
- name: basic
  user: {username: ana, password: pw}
- name: old
  user: {auth-provider: {name: gcp}}
- name: plugin
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./bin/login
      args: [--cluster, prod, "1"]
      env: [{name: A, value: b}]
      interactiveMode: IfAvailable
      installHint: install it
      provideClusterInfo: true
- name: terminal
  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Always}}
- name: ancient
  user: {exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: login}}
contexts:
- {name: prod, context: {cluster: prod, user: cert, namespace: shop}}
- {name: half, context: {cluster: prod, user: half}}
- {name: token, context: {cluster: prod, user: token}}
- {name: tokenfile, context: {cluster: prod, user: tokenfile}}
- {name: basic, context: {cluster: prod, user: basic}}
- {name: old, context: {cluster: prod, user: old}}
- {name: plugin, context: {cluster: prod, user: plugin}}
- {name: terminal, context: {cluster: prod, user: terminal}}
- {name: ancient, context: {cluster: prod, user: ancient}}
- {name: ghost, context: {cluster: prod, user: ghost}}
- {name: no-cluster, context: {user: cert}}
- {name: lost, context: {cluster: lost, user: cert}}
- {name: plain, context: {cluster: plain, user: cert}}
- {name: loop, context: {cluster: loop}}
- {name: proxied, context: {cluster: proxied, user: cert}}
- {name: both, context: {cluster: both, user: cert}}
- {name: unverified, context: {cluster: unverified, user: token}}
- {name: unverified-loop, context: {cluster: unverified-loop, user: token}}
- {name: broken, context: {cluster: broken, user: cert}}
- {name: file, context: {cluster: file, user: cert}}
- {name: nowhere, context: {cluster: nowhere, user: cert}}
)";

Result<Connection> parse(const std::string& context) { return parse_kubeconfig(kFile, "/etc/kube/config", context); }

TEST(Kubeconfig, TheCurrentContextIsTheDefault) {
  const auto read = parse("");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->server, "https://10.0.0.1:6443/k8s");
  EXPECT_EQ(read->tls.ca_pem, "CA");
  EXPECT_EQ(read->tls.server_name, "api.prod");
  EXPECT_EQ(read->tls.client_certificate_pem, "CERT");
  EXPECT_EQ(read->tls.client_key_pem.reveal(), "KEY");
  EXPECT_EQ(read->default_namespace, "shop");
}

TEST(Kubeconfig, EachWayToProveOneself) {
  EXPECT_EQ(parse("token")->token.reveal(), "s3cret");
  EXPECT_EQ(parse("tokenfile")->token_file, "/etc/kube/token.txt");
  EXPECT_EQ(parse("basic")->username, "ana");
  EXPECT_EQ(parse("basic")->password.reveal(), "pw");
  EXPECT_EQ(parse("loop")->server, "http://127.0.0.1:8080");
  EXPECT_TRUE(parse("unverified-loop")->tls.insecure_skip_verify);
  const auto plugin = parse("plugin");
  ASSERT_TRUE(plugin) << plugin.error().message;
  EXPECT_EQ(plugin->exec->command, "/etc/kube/./bin/login");
  EXPECT_EQ(plugin->exec->args, (std::vector<std::string>{"--cluster", "prod", "1"}));
  EXPECT_EQ(plugin->exec->env.at("A"), "b");
  EXPECT_TRUE(plugin->exec->provide_cluster_info);
}

struct Bad {
  std::string name;
  std::string context;
  std::string expected;
  friend std::ostream& operator<<(std::ostream& out, const Bad& row) { return out << row.name; }
};

class BadKubeconfig : public testing::TestWithParam<Bad> {};

TEST_P(BadKubeconfig, IsRefusedWithFileAndEntry) {
  const auto read = parse(GetParam().context);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::InvalidInput);
  EXPECT_EQ(read.error().message.rfind("/etc/kube/config: ", 0), 0U) << read.error().message;
  EXPECT_NE(read.error().message.find(GetParam().expected), std::string::npos) << read.error().message;
}

INSTANTIATE_TEST_SUITE_P(Mistakes, BadKubeconfig,
                         testing::Values(Bad{"UnknownContext", "nope", "context nope: no such entry in \"contexts\""}, Bad{"UnknownUser", "ghost", "user ghost: no such"},
                                         Bad{"UnknownCluster", "lost", "cluster lost: no such"}, Bad{"NoCluster", "no-cluster", "\"cluster\" is missing"},
                                         Bad{"NoServer", "nowhere", "\"server\" is missing"}, Bad{"PlainHttp", "plain", "plain http is only for loopback"},
                                         Bad{"Proxy", "proxied", "proxy-url isn't supported"}, Bad{"Unverified", "unverified", "insecure-skip-tls-verify is only for loopback addresses"}, Bad{"Both", "both", "exclude each other"},
                                         Bad{"Base64", "broken", "certificate-authority-data isn't base64"}, Bad{"NoFile", "file", "certificate-authority: /etc/kube/ca.crt"},
                                         Bad{"HalfAPair", "half", "go together"}, Bad{"Terminal", "terminal", "interactiveMode Always"},
                                         Bad{"Ancient", "ancient", "v1alpha1"}, Bad{"AuthProvider", "old", "auth-provider"}),
                         [](const auto& row) { return row.param.name; });

TEST(Kubeconfig, NoMapping) {
  EXPECT_FALSE(parse_kubeconfig("- a\n", "f", ""));
  EXPECT_FALSE(parse_kubeconfig("", "f", ""));
  EXPECT_FALSE(parse_kubeconfig("apiVersion: v1\n", "f", ""));
  EXPECT_FALSE(parse_kubeconfig("contexts: {a: b}\ncurrent-context: a\n", "f", ""));
}

TEST(Kubeconfig, FilesAreRelativeToIt) {
  const auto folder = std::filesystem::temp_directory_path() / "driftwarden-kubeconfig-test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "ca.crt") << "PEM";
  std::ofstream(folder / "config") << kFile;
  const auto read = load_kubeconfig((folder / "config").string(), "file");
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->tls.ca_pem, "PEM");
  EXPECT_EQ(load_kubeconfig((folder / "gone").string(), "").error().kind, ErrorKind::NotFound);
}

TEST(InCluster, SaysThatItIsNotInOne) {
  ::unsetenv("KUBERNETES_SERVICE_HOST");
  const auto read = in_cluster_connection();
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("not inside a cluster"), std::string::npos);
}

}  // namespace
}  // namespace driftwarden::kubernetes
