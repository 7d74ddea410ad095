#include "integrations/sandbox/workspace/workspace.hpp"

#include "integrations/sandbox/workspace/events.hpp"
#include "integrations/sandbox/workspace/web_api.hpp"
#include "integrations/sandbox/workspace/workspace_core.hpp"

#include <fmt/core.h>

#include <string_view>

namespace driftwarden::sandbox {
namespace workspace {

WorkspaceCore::WorkspaceCore(asio::any_io_executor executor_, Clock& clock_, Random& random, WorkspaceOptions options)
    : executor(executor_), clock(clock_), state(random, std::move(options)), hub(executor_, clock_, random, faults, state.options().times) {
  hub.on_presence([this] {
    Json what{{"type", "bot"}, {"connected", hub.connected()}};
    state.announce(std::move(what));
    flush();
  });
}

void WorkspaceCore::flush() {
  for (auto& event : state.take_events()) {
    if (!is_subscribed(state, event)) continue;
    hub.deliver_event(event_callback(state, std::move(event), clock.wall_now()));
  }
  if (announced == state.last_seq()) return;
  announced = state.last_seq();
  for (const auto& watcher : watchers) watcher->notify();
}

namespace {

net::ServerReply plain(unsigned status, std::string text) { return net::ServerReply{status, "text/plain; charset=utf-8", std::move(text)}; }

class WorkspaceServer final : public Workspace {
 public:
  WorkspaceServer(asio::any_io_executor executor, Clock& clock, Random& random, WorkspaceOptions options)
      : core_(executor, clock, random, std::move(options)) {}

  asio::awaitable<net::ServerReply> handle(net::ServerRequest request) override {
    const std::string_view path = request.path;
    if (path.starts_with("/api/")) return answer_api(std::move(request));
    if (path == "/link" || path == "/link/") return answer_link(std::move(request));
    if (path.starts_with("/files/")) return answer_file(std::move(request));
    if (path.starts_with("/sandbox/") && !path.starts_with("/sandbox/page/")) return answer_sandbox(core_, std::move(request));
    return answer_page(std::move(request));
  }

  void set_base_url(std::string base_url) override { core_.state.set_base_url(std::move(base_url)); }
  void add_panel_action(PanelAction action) override {
    core_.panel.push_back(std::move(action));
    Json what{{"type", "panel"}};
    core_.state.announce(std::move(what));
    core_.flush();
  }
  void set_faults(WorkspaceFaults faults) override { core_.faults = std::move(faults); }
  void disconnect_sockets(std::string reason) override { core_.hub.disconnect(reason); }
  void drop_sockets() override { core_.hub.drop(); }
  void half_open_sockets() override { core_.hub.half_open(); }
  DeliveryStats delivery_stats() const override { return core_.hub.stats(); }
  AckLatency ack_latency() const override { return core_.hub.ack_latency(); }
  asio::awaitable<void> stop() override {
    core_.stopping = true;
    for (const auto& watcher : core_.watchers) watcher->notify();
    co_await core_.hub.stop();
  }

 private:
  asio::awaitable<net::ServerReply> answer_api(net::ServerRequest request) {
    const auto method = request.path.substr(5);
    const auto now = core_.clock.wall_now();
    constexpr std::string_view kResponse = "response/";
    auto reply = method.starts_with(kResponse) ? answer_response_url(core_.state, method.substr(kResponse.size()), request, core_.faults, now)
                                               : answer_call(core_.state, method, request, core_.faults, now);
    core_.flush();
    if (core_.faults.delay_answers.count() > 0) {
      auto slept = co_await core_.clock.sleep_for(core_.faults.delay_answers);
      if (!slept) co_return plain(503, "stopping");
    }
    co_return reply;
  }

  asio::awaitable<net::ServerReply> answer_link(net::ServerRequest request) {
    if (!core_.state.take_ticket(request.query_or("ticket", ""), core_.clock.wall_now()))
      co_return plain(401, "this ticket was used or is too old: call apps.connections.open");
    const bool short_life = request.query_or("debug_reconnects", "") == "true";
    net::ServerReply reply;
    reply.status = 101;
    reply.websocket = [this, short_life](std::shared_ptr<net::WebSocket> socket) { return core_.hub.serve(std::move(socket), short_life); };
    co_return reply;
  }

  asio::awaitable<net::ServerReply> answer_file(net::ServerRequest request) {
    constexpr std::string_view kUpload = "/files/upload/";
    if (request.path.starts_with(kUpload)) co_return upload(request.path.substr(kUpload.size()), request);
    if (auto refused = refuse_foreign(request)) co_return std::move(*refused);
    const auto id = request.path.substr(7, request.path.find('/', 7) - 7);
    const auto found = core_.state.files().find(id);
    if (found == core_.state.files().end() || !found->second.uploaded || request.method != "GET") co_return plain(404, "no such file");
    auto reply = plain(200, found->second.content);
    reply.headers.set("X-Content-Type-Options", "nosniff");
    reply.headers.set("Content-Security-Policy", "default-src 'none'; sandbox");
    co_return reply;
  }

  net::ServerReply upload(const std::string& id, const net::ServerRequest& request) {
    const auto found = core_.state.files().find(id);
    if (found == core_.state.files().end() || found->second.uploaded || request.method != "POST") return plain(404, "no such upload");
    found->second.content = uploaded_bytes(request);
    found->second.uploaded = true;
    return plain(200, fmt::format("OK - {}", found->second.content.size()));
  }

  asio::awaitable<net::ServerReply> answer_page(net::ServerRequest request) {
    if (auto refused = refuse_foreign(request)) co_return std::move(*refused);
    auto page = page_reply(request.path);
    if (!page || (request.method != "GET" && request.method != "HEAD")) co_return plain(404, "nothing here; the chat page is at /");
    co_return std::move(*page);
  }

  WorkspaceCore core_;
};

}  // namespace
}  // namespace workspace

std::unique_ptr<Workspace> create_workspace(asio::any_io_executor executor, Clock& clock, Random& random, WorkspaceOptions options) {
  return std::make_unique<workspace::WorkspaceServer>(executor, clock, random, std::move(options));
}

}  // namespace driftwarden::sandbox
