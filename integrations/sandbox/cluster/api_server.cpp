#include "integrations/sandbox/cluster/api_server.hpp"

#include "gitops/base/async.hpp"
#include "integrations/sandbox/cluster/api_core.hpp"
#include "integrations/sandbox/cluster/rollouts.hpp"
#include "integrations/sandbox/cluster/status.hpp"

#include <fmt/core.h>

#include <set>

namespace driftwarden::sandbox {
namespace {

using cluster::ApiCore;
using cluster::ApiReply;
using cluster::ApiRequest;

constexpr Duration kBookmarkEvery{30'000};
constexpr Duration kWatchTimeout{1'800'000};
constexpr Duration kLogEvery{1'000};
constexpr Duration kFrozenLook{100};

ApiRequest to_api_request(net::ServerRequest request) {
  ApiRequest out;
  out.method = std::move(request.method);
  out.path = std::move(request.path);
  out.query = std::move(request.query);
  out.content_type = request.headers.find("Content-Type").value_or("");
  out.accept = request.headers.find("Accept").value_or("");
  out.user_agent = request.headers.find("User-Agent").value_or("");
  out.authorization = request.headers.find("Authorization").value_or("");
  out.body = std::move(request.body);
  return out;
}

class Server final : public ApiServer {
 public:
  Server(asio::any_io_executor executor, Clock& clock, Random& random, ApiServerOptions options)
      : executor_(executor),
        clock_(clock),
        options_(std::move(options)),
        core_(random, options_.token, options_.plain_token),
        rollouts_(core_, cluster::RolloutOptions{.play = options_.rollouts, .rollout_time = options_.rollout_time}),
        controller_wakes_(executor),
        tasks_(executor) {
    core_.on_change = [this](const std::string& storage, const cluster::StoreChange& change) {
      rollouts_.observe(storage, change);
      controller_wakes_.notify();
      for (auto* const one : watchers_) {
        if (one->storage == storage) one->wakes.notify();
      }
    };
    tasks_.spawn("sandbox cluster controllers", control());
  }

  asio::awaitable<net::ServerReply> handle(net::ServerRequest request) override {
    if (!available_) co_return to_reply(ApiReply(503, to_status(cluster::unavailable()).dump() + "\n"));
    const auto api_request = to_api_request(std::move(request));
    if (api_request.flag("watch")) co_await thaw();
    ApiReply reply = core_.handle(api_request, clock_.wall_now());
    co_return to_reply(std::move(reply));
  }

  void compact() override {
    core_.compact();
    for (auto* const one : watchers_) one->wakes.notify();
  }

  void drop_watches() override {
    for (auto* const one : watchers_) {
      one->dropped = true;
      one->wakes.notify();
    }
  }

  void set_available(bool available) override {
    available_ = available;
    if (!available) drop_watches();
  }

  void freeze_watches(bool frozen) override {
    frozen_ = frozen;
    for (auto* const one : watchers_) one->wakes.notify();
  }

  void set_access(std::function<bool(const AccessQuestion&)> allows) override {
    if (!allows) {
      core_.allows = nullptr;
      return;
    }
    core_.allows = [allows = std::move(allows)](const cluster::Access& access) {
      AccessQuestion question;
      question.verb = access.verb;
      question.group = access.group;
      question.resource = access.resource;
      question.namespace_ = access.namespace_;
      return allows(question);
    };
  }

  asio::awaitable<void> stop() override {
    available_ = false;
    frozen_ = false;
    drop_watches();
    co_await tasks_.join();
  }

 private:
  struct Watcher {
    Watcher(asio::any_io_executor executor, std::string storage_) : storage(std::move(storage_)), wakes(executor) {}
    std::string storage;
    Signal wakes;
    bool dropped = false;
  };

  net::ServerReply to_reply(ApiReply reply) {
    net::ServerReply out(reply.status, reply.content_type, std::move(reply.body));
    for (const auto& warning : reply.warnings) out.headers.add("Warning", fmt::format("299 - \"{}\"", escaped(warning)));
    if (reply.watch) {
      auto plan = std::make_shared<cluster::WatchPlan>(std::move(*reply.watch));
      out.stream = [this, plan](net::BodyWriter& writer) { return watch(writer, plan); };
    } else if (reply.follow) {
      auto plan = std::make_shared<cluster::LogPlan>(std::move(*reply.follow));
      auto text = std::make_shared<std::string>(std::exchange(out.body, {}));
      out.stream = [this, plan, text](net::BodyWriter& writer) { return follow(writer, plan, text); };
    }
    return out;
  }

  static std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out;
  }

  /// Returns once watches aren't frozen.
  asio::awaitable<void> thaw() {
    while (frozen_) {
      const auto slept = co_await clock_.sleep_for(kFrozenLook);
      if (!slept) co_return;
    }
  }

  /// Streams events until the client goes, the timeout passes, or the watch is cut.
  asio::awaitable<void> watch(net::BodyWriter& writer, std::shared_ptr<cluster::WatchPlan> plan) {
    Watcher watcher(executor_, plan->resource->storage());
    const Registration registration(watchers_, &watcher);
    const auto timeout = plan->timeout.count() > 0 ? plan->timeout : kWatchTimeout;
    const auto end = clock_.mono_now() + timeout;
    cluster::Watch state(core_, std::move(*plan));
    auto next_bookmark = clock_.mono_now() + kBookmarkEvery;
    while (!watcher.dropped) {
      co_await thaw();
      if (watcher.dropped) co_return;
      std::string due = state.poll(clock_.wall_now());
      const bool more = !due.empty() && !state.ended();
      const auto now = clock_.mono_now();
      const bool over = now >= end;
      if (state.plan().bookmarks && !state.ended() && !more && (over || now >= next_bookmark)) {
        due += state.bookmark();
        next_bookmark = now + kBookmarkEvery;
      }
      if (!due.empty()) {
        auto written = co_await writer.write(std::move(due));
        if (!written) co_return;
      }
      if (state.ended() || over) co_return;
      if (more) continue;
      auto woken = co_await watcher.wakes.wait_until(clock_, std::min(end, next_bookmark));
      if (!woken) co_return;
    }
  }

  asio::awaitable<void> follow(net::BodyWriter& writer, std::shared_ptr<cluster::LogPlan> plan, std::shared_ptr<std::string> text) {
    auto written = co_await writer.write(std::move(*text));
    while (written && available_ && core_.store().find("/pods", plan->pod)) {
      auto slept = co_await clock_.sleep_for(kLogEvery);
      if (!slept) co_return;
      std::string lines = take_log_lines(*plan, clock_.wall_now());
      if (lines.empty()) continue;
      written = co_await writer.write(std::move(lines));
    }
  }

  asio::awaitable<void> control() {
    while (true) {
      const auto due = rollouts_.tick(clock_.wall_now());
      if (due) {
        const auto wait = std::max(Duration{1}, std::chrono::duration_cast<Duration>(*due - clock_.wall_now()));
        auto woken = co_await controller_wakes_.wait_until(clock_, clock_.mono_now() + wait);
        if (!woken) co_return;
      } else {
        auto woken = co_await controller_wakes_.wait();
        if (!woken) co_return;
      }
    }
  }

  struct Registration {
    Registration(std::set<Watcher*>& all, Watcher* one) : all_(all), one_(one) { all_.insert(one_); }
    ~Registration() { all_.erase(one_); }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

   private:
    std::set<Watcher*>& all_;
    Watcher* one_;
  };

  asio::any_io_executor executor_;
  Clock& clock_;
  ApiServerOptions options_;
  ApiCore core_;
  cluster::Rollouts rollouts_;
  bool available_ = true;
  bool frozen_ = false;
  std::set<Watcher*> watchers_;
  Signal controller_wakes_;
  TaskGroup tasks_;
};

}  // namespace

std::unique_ptr<ApiServer> create_api_server(asio::any_io_executor executor, Clock& clock, Random& random, ApiServerOptions options) {
  return std::make_unique<Server>(executor, clock, random, std::move(options));
}

std::string make_kubeconfig(const std::string& name, const std::string& url, const std::string& token) {
  const std::string user = token.empty() ? "{}" : fmt::format("{{token: \"{}\"}}", token);
  return fmt::format(
      "apiVersion: v1\nkind: Config\ncurrent-context: {0}\nclusters:\n- name: {0}\n  cluster: {{server: \"{1}\"}}\nusers:\n- name: {0}-admin\n  user: {2}\n"
      "contexts:\n- name: {0}\n  context: {{cluster: {0}, user: {0}-admin, namespace: default}}\n",
      name, url, user);
}

}  // namespace driftwarden::sandbox
