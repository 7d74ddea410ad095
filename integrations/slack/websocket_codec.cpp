// The only source file that sees websocketpp, and the only one that is C++17.
#include "integrations/slack/websocket_codec.hpp"

#define _WEBSOCKETPP_NO_THREADING_
#include <websocketpp/client.hpp>
#include <websocketpp/config/core_client.hpp>

#include <utility>

namespace driftwarden::slack {
namespace {

using Client = websocketpp::client<websocketpp::config::core_client>;
using Kind = WebsocketEvent::Kind;
namespace session = websocketpp::session;
namespace status = websocketpp::close::status;

class Codec final : public WebsocketCodec {
 public:
  Codec(const std::string& url, std::size_t max_message_bytes);
  /// A pending read holds its connection, which would so outlive us.
  ~Codec() override {
    if (connection_) connection_->eof();
  }
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  std::vector<WebsocketEvent> receive(std::string_view bytes) override;
  void send_text(const std::string& text) override;
  void send_ping(const std::string& payload) override;
  void send_close(std::uint16_t code, const std::string& reason) override;
  std::string take_output() override { return std::exchange(output_, {}); }

 private:
  void observe();
  void add(Kind kind, std::string data, std::uint16_t code = 0);
  void end(Kind kind, std::string data, std::uint16_t code = 0);
  std::string why_refused() const;
  void report_end();

  Client client_;
  Client::connection_ptr connection_;
  std::vector<WebsocketEvent> events_;
  std::string output_;
  bool close_sent_ = false;
  bool ended_ = false;
};

Codec::Codec(const std::string& url, std::size_t max_message_bytes) {
  client_.clear_access_channels(websocketpp::log::alevel::all);
  client_.clear_error_channels(websocketpp::log::elevel::all);
  client_.set_user_agent("driftwarden");
  client_.set_secure(url.rfind("wss:", 0) == 0);
  client_.set_max_message_size(max_message_bytes);
  client_.set_write_handler([this](websocketpp::connection_hdl, const char* data, std::size_t size) {
    output_.append(data, size);
    return websocketpp::lib::error_code();
  });
  websocketpp::lib::error_code failed;
  connection_ = client_.get_connection(url, failed);
  if (failed) {
    connection_.reset();
    end(Kind::Failed, "the websocket's address can't be used: " + failed.message());
    return;
  }
  observe();
  client_.connect(connection_);
}

void Codec::observe() {
  connection_->set_open_handler([this](websocketpp::connection_hdl) { add(Kind::Opened, {}); });
  connection_->set_fail_handler([this](websocketpp::connection_hdl) { end(Kind::Failed, why_refused()); });
  connection_->set_message_handler([this](websocketpp::connection_hdl, const Client::message_ptr& message) {
    const bool text = message->get_opcode() == websocketpp::frame::opcode::text;
    add(text ? Kind::Text : Kind::Binary, std::move(message->get_raw_payload()));
  });
  connection_->set_ping_handler([this](websocketpp::connection_hdl, const std::string& payload) {
    add(Kind::Ping, payload);
    return true;
  });
  connection_->set_pong_handler([this](websocketpp::connection_hdl, const std::string& payload) { add(Kind::Pong, payload); });
}

std::vector<WebsocketEvent> Codec::receive(std::string_view bytes) {
  if (connection_ && !ended_ && !bytes.empty()) {
    connection_->read_all(bytes.data(), bytes.size());
    report_end();
  }
  return std::exchange(events_, {});
}

/// websocketpp would now wait for the end of the stream or for a timer, and the iostream transport has none.
void Codec::report_end() {
  const auto state = connection_->get_state();
  if (ended_ || state == session::state::connecting || state == session::state::open) return;
  const auto code = connection_->get_remote_close_code();
  if (code != status::abnormal_close) return end(Kind::Closed, connection_->get_remote_close_reason(), code);
  if (close_sent_ && state == session::state::closing) return;
  end(Kind::Failed, "protocol error: " + connection_->get_local_close_reason(), connection_->get_local_close_code());
}

std::string Codec::why_refused() const {
  const auto code = static_cast<int>(connection_->get_response_code());
  const auto reason = connection_->get_ec().message();
  if (code == 0 || code == 101) return "the websocket handshake failed: " + reason;
  return "the websocket handshake was refused with HTTP " + std::to_string(code);
}

void Codec::send_text(const std::string& text) {
  if (connection_ && !ended_) connection_->send(text, websocketpp::frame::opcode::text);
}

void Codec::send_ping(const std::string& payload) {
  websocketpp::lib::error_code ignored;  // not open: then the end has been or will be reported
  if (connection_ && !ended_) connection_->ping(payload, ignored);
}

void Codec::send_close(std::uint16_t code, const std::string& reason) {
  websocketpp::lib::error_code ignored;
  if (!connection_ || ended_) return;
  close_sent_ = true;
  connection_->close(code, reason, ignored);
}

void Codec::add(Kind kind, std::string data, std::uint16_t code) {
  WebsocketEvent event;
  event.kind = kind;
  event.data = std::move(data);
  event.close_code = code;
  events_.push_back(std::move(event));
}

void Codec::end(Kind kind, std::string data, std::uint16_t code) {
  if (std::exchange(ended_, true)) return;
  add(kind, std::move(data), code);
}

}  // namespace

std::unique_ptr<WebsocketCodec> WebsocketCodec::create_client(const std::string& url, std::size_t max_message_bytes) {
  return std::make_unique<Codec>(url, max_message_bytes);
}

}  // namespace driftwarden::slack
