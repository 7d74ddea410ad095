#pragma once
// `git http-backend` behind our own HTTP server on loopback, and a mirror that reaches it through our transport. The server, the
// client's I/O and the blocking mirror each have a thread, as in the product.
#include "gitops/base/clock.hpp"
#include "gitops/base/crypto.hpp"
#include "integrations/git/transports.hpp"
#include "integrations/net/http_server.hpp"
#include "tests/unit/gitops/repository/fixture.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <mutex>
#include <thread>

namespace driftwarden::test {

class IoThread {
 public:
  IoThread() : work_(asio::make_work_guard(io)), thread_([this] { io.run(); }) {}
  ~IoThread() {
    io.stop();
    thread_.join();
  }
  asio::io_context io;

 private:
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

class HttpGitTest : public RepositoryTest {
 protected:
  HttpGitTest() {
    remote_git("config http.receivepack true");
    net::HttpServerOptions at;
    auto started = net::start_http_server(server_thread.io.get_executor(), clock, at, [this](net::ServerRequest request) { return handle(this, std::move(request)); });
    if (!started) throw std::runtime_error(started.error().message);
    server = std::move(*started);
    client = net::create_http_client(client_thread.io.get_executor(), clock);
  }
  ~HttpGitTest() override {
    // What the mirror posted to the client's thread comes first.
    asio::post(client_thread.io, asio::use_future([] {})).get();
    asio::co_spawn(server_thread.io, server->stop(), asio::use_future).get();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server->port()) + "/remote.git"; }
  MirrorOptions http_options() {
    auto made = options();
    made.url = url();
    made.transport = git::make_transport_factory(client_thread.io.get_executor(), clock, *client, limits);
    return made;
  }
  std::unique_ptr<Mirror> http_mirror() { return open_with(http_options()); }
  static std::unique_ptr<Mirror> open_with(MirrorOptions with) {
    auto opened = Mirror::open(std::move(with));
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }
  std::vector<std::string> seen() {
    const std::lock_guard lock(mutex);
    return requests;
  }
  std::string last_authorization() {
    const std::lock_guard lock(mutex);
    return authorization;
  }

  /// Answers instead of Git when it returns true; runs on the server's thread.
  std::function<bool(const net::ServerRequest&, net::ServerReply&)> instead;
  git::TransportLimits limits;
  SystemClock clock;
  IoThread server_thread;
  IoThread client_thread;
  std::unique_ptr<net::HttpServer> server;
  std::unique_ptr<net::HttpClient> client;

 private:
  static asio::awaitable<net::ServerReply> handle(HttpGitTest* self, net::ServerRequest request) {
    {
      const std::lock_guard lock(self->mutex);
      self->requests.push_back(request.method + " " + request.raw_path + (request.raw_query.empty() ? "" : "?" + request.raw_query));
      self->authorization = request.headers.find("Authorization").value_or("");
    }
    net::ServerReply reply;
    if (self->instead && self->instead(request, reply)) co_return reply;
    co_return self->backend(request);
  }

  net::ServerReply backend(const net::ServerRequest& request) const {
    write_file(root / "body", request.body);
    const auto quoted = [](const std::string& text) { return "'" + text + "'"; };
    shell("cd " + root.string() + " && env -i PATH=\"$PATH\" GIT_PROJECT_ROOT=" + root.string() + " GIT_HTTP_EXPORT_ALL=1 REMOTE_USER=bot REMOTE_ADDR=127.0.0.1 PATH_INFO=" +
          quoted(request.path) + " REQUEST_METHOD=" + request.method + " QUERY_STRING=" + quoted(request.raw_query) + " CONTENT_TYPE=" +
          quoted(request.headers.find("Content-Type").value_or("")) + " CONTENT_LENGTH=" + std::to_string(request.body.size()) +
          " git http-backend < body > reply");
    std::ifstream file(root / "reply", std::ios::binary);
    const std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const auto end = all.find("\r\n\r\n");
    net::ServerReply reply;
    reply.body = all.substr(end + 4);
    std::istringstream head(all.substr(0, end));
    for (std::string line; std::getline(head, line);) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      const auto colon = line.find(": ");
      if (line.rfind("Status: ", 0) == 0) reply.status = static_cast<unsigned>(std::stoul(line.substr(8)));
      else reply.headers.set(line.substr(0, colon), line.substr(colon + 2));
    }
    return reply;
  }

  std::mutex mutex;
  std::vector<std::string> requests;
  std::string authorization;
};

}  // namespace driftwarden::test
