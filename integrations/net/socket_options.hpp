#pragma once
#include <boost/asio/ip/tcp.hpp>

namespace driftwarden::net {

/// No delay for small writes; and a peer that vanished without a word is noticed within about a minute, however idle a watch is.
void set_socket_options(boost::asio::ip::tcp::socket& socket);

}  // namespace driftwarden::net
