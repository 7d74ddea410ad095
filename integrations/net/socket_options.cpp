#include "integrations/net/socket_options.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace driftwarden::net {

namespace {
constexpr int kIdleSeconds = 30;
constexpr int kProbeSeconds = 10;
constexpr int kProbes = 3;

void set_tcp(int socket, int option, int value) { ::setsockopt(socket, IPPROTO_TCP, option, &value, sizeof value); }
}  // namespace

void set_socket_options(boost::asio::ip::tcp::socket& socket) {
  const int handle = socket.native_handle();
  const int on = 1;
  ::setsockopt(handle, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  set_tcp(handle, TCP_NODELAY, on);
  set_tcp(handle, TCP_KEEPIDLE, kIdleSeconds);
  set_tcp(handle, TCP_KEEPINTVL, kProbeSeconds);
  set_tcp(handle, TCP_KEEPCNT, kProbes);
}

}  // namespace driftwarden::net
