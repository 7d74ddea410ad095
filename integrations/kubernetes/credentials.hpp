#pragma once
// Who we are to the API server, kept fresh: rotating token files, expiring plugin tokens.
#include "gitops/base/clock.hpp"
#include "integrations/kubernetes/exec_credential.hpp"
#include "integrations/kubernetes/gate.hpp"
#include "integrations/kubernetes/kubeconfig.hpp"

#include <cstdint>
#include <string>

namespace driftwarden::kubernetes {

struct Credential {
  Secret<std::string> authorization;  ///< the header's value; empty = a certificate, or nobody
  std::string client_certificate_pem;
  Secret<std::string> client_key_pem;
  std::uint64_t generation = 0;  ///< of the certificate: another one needs new connections
  std::uint64_t issue = 0;       ///< what `renew` wants to hear, so that many 401s make one refresh
};

class Credentials {
 public:
  Credentials(asio::any_io_executor executor, Clock& clock, Connection connection);

  /// Denied and others name the plugin or the file.
  asio::awaitable<Result<Credential>> current();
  /// After a 401 for `issue`: the next `current` reads the file or runs the plugin again. False when there's nothing to renew.
  bool renew(std::uint64_t issue);

 private:
  void read_token_file();
  asio::awaitable<Result<void>> run_plugin();
  bool plugin_is_due() const;

  Clock& clock_;
  Connection connection_;
  Gate gate_;
  Credential credential_;
  std::optional<WallTime> expires_;
  MonoTime read_at_{};
  MonoTime ran_at_{};
  MonoTime failed_at_{};
  std::optional<Error> failure_;
  bool fresh_ = false;
};

}  // namespace driftwarden::kubernetes
