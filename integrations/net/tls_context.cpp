#include "integrations/net/transport.hpp"

#include "gitops/base/text.hpp"

#include <boost/asio/ssl/context.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace driftwarden::net {

namespace ssl = boost::asio::ssl;

namespace {

/// An encrypted key must fail, not ask on the terminal.
std::string no_password(std::size_t, ssl::context::password_purpose) { return {}; }

Result<void> use_client_certificate(ssl::context& context, const ClientIdentity& identity) {
  boost::system::error_code failed;
  context.use_certificate_chain(asio::buffer(identity.certificate_pem), failed);
  if (failed) return Error{ErrorKind::InvalidInput, "the client certificate isn't PEM that can be used: " + failed.message(), failed};
  context.use_private_key(asio::buffer(identity.key_pem.reveal()), ssl::context::pem, failed);
  if (failed) {
    return Error{ErrorKind::InvalidInput, "the client key isn't an unencrypted PEM key of the client certificate: " + failed.message(), failed};
  }
  if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
    return Error{ErrorKind::InvalidInput, "the client key doesn't belong to the client certificate"};
  }
  return Result<void>{};
}

/// All certificates of the bundle.
Result<void> trust(ssl::context& context, const std::string& pem) {
  boost::system::error_code failed;
  context.add_certificate_authority(asio::buffer(pem), failed);
  if (failed) return Error{ErrorKind::InvalidInput, "the CA certificate isn't PEM that can be used: " + failed.message(), failed};
  return Result<void>{};
}

}  // namespace

ClientIdentity identity_for(const TlsOptions& options, const std::string& host) {
  const auto own = options.clients.find(to_lower(host));
  if (own != options.clients.end()) return own->second;
  return {options.client_certificate_pem, options.client_key_pem};
}

Result<std::shared_ptr<ssl::context>> make_tls_context(const TlsOptions& options, const ClientIdentity& identity) {
  ERR_clear_error();
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  boost::system::error_code failed;
  context->set_password_callback(no_password, failed);
  if (options.ca_pem.empty()) {
    context->set_default_verify_paths(failed);
    if (failed) return Error{ErrorKind::Unavailable, "the system's certificate authorities can't be read: " + failed.message(), failed};
  }
  for (const auto* pem : {&options.ca_pem, &options.more_ca_pem}) {
    if (!pem->empty()) CHECK_OK(trust(*context, *pem));
  }
  if (!identity.certificate_pem.empty()) CHECK_OK(use_client_certificate(*context, identity));
  return context;
}

}  // namespace driftwarden::net
