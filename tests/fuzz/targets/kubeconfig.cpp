#include "integrations/kubernetes/kubeconfig.hpp"
#include "integrations/net/url.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace driftwarden::fuzz {
namespace {

void run(std::string_view input) {
  const auto read = kubernetes::parse_kubeconfig(std::string(input), "/nowhere/config", "");
  if (!read) return;
  const auto url = net::parse_url(read->server);
  check(url.has_value(), "the server is a URL");
  check(url->secure() || net::is_loopback(*url), "credentials travel in clear on loopback only");
  check(!read->tls.insecure_skip_verify || net::is_loopback(*url), "who answers is verified but on loopback");
}

const Target target("kubeconfig", &run);

}  // namespace
}  // namespace driftwarden::fuzz
