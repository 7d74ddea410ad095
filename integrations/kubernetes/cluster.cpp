#include "integrations/kubernetes/cluster.hpp"

#include "gitops/base/async.hpp"
#include "gitops/base/log.hpp"
#include "integrations/kubernetes/kind_watcher.hpp"
#include "integrations/kubernetes/memory.hpp"
#include "integrations/kubernetes/object_requests.hpp"
#include "integrations/kubernetes/openapi.hpp"
#include "integrations/kubernetes/reachability.hpp"
#include "integrations/kubernetes/status_error.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden::kubernetes {
namespace {

using nlohmann::json;

constexpr Duration kProbeTimeout{10'000};
constexpr Duration kDefinitionServedAfter{2'000};
constexpr Duration kProbeWhileUnreachable{5'000};
constexpr std::size_t kListsAtATime = 4;

WatchedKind kind_of(const ObjectRef& ref) {
  WatchedKind kind;
  kind.group = ref.group;
  kind.version = ref.version;
  kind.kind = ref.kind;
  return kind;
}

/// Everything that coroutines touch: they hold it, so that nothing dangles whichever end goes first.
struct Core : std::enable_shared_from_this<Core> {
  Core(asio::any_io_executor ex, Clock& clock_, Random& random_, ClusterOptions options_)
      : executor(std::move(ex)),
        clock(clock_),
        random(random_),
        options(std::move(options_)),
        api(executor, clock, random, options.connection, options.may_send),
        discovery(executor, clock, api, options.request_timeout),
        openapi(executor, api, 4 * options.request_timeout),
        reach(clock.mono_now(), options.heartbeat_limit),
        probe_now(executor),
        tasks(executor) {}

  void connect() {
    const std::weak_ptr<Core> weak = weak_from_this();
    api.on_heard = [weak] {
      if (const auto self = weak.lock()) self->heard();
    };
    if (options.on_answer) api.on_answer = options.on_answer;
    DigestKey digest_key;
    digest_key.first = random.next();
    digest_key.second = random.next();
    Gate lists(executor, kListsAtATime);
    context = std::make_shared<WatchContext>(WatchContext{clock, random, options, api, discovery, reach, std::move(lists), {}, digest_key, {}, {}, {}, {}});
    context->on_alive = [weak] {
      if (const auto self = weak.lock()) self->publish();
    };
    context->on_request_failed = [weak](const std::string& why) {
      if (const auto self = weak.lock()) self->request_failed(why);
    };
    context->on_list_read = [weak] {
      if (const auto self = weak.lock(); self && self->context->queued.empty()) release_free_memory();
    };
    context->on_definition_changed = [weak] {
      if (const auto self = weak.lock()) self->definition_changed();
    };
  }

  void heard() {
    const bool news = !reach.settled();
    reach.heard(clock.mono_now());
    if (news) publish();
  }

  WallTime last_heard() const {
    const auto now = clock.mono_now();
    const auto as_of = reach.as_of(now);
    return as_of ? clock.wall_now() - std::chrono::duration_cast<Duration>(now - *as_of) : WallTime{};
  }

  void request_failed(const std::string& why) {
    reach.request_failed(why);
    if (!reach.known_unreachable()) probe_now.notify();
    publish();
  }

  void definition_changed();
  void look_again() {
    discovery.invalidate();
    for (const auto& [kind, watcher] : watchers) watcher->wake_if_failed();
  }

  void publish() {
    if (sink == nullptr) return;
    const auto change = reach.take_change(clock.mono_now());
    if (!change) return;
    if (!change->reachable) log_warn("kubernetes", fmt::format("{}: unreachable: {}", options.name, change->why), {{"cluster", options.name}});
    if (change->reachable) log_info("kubernetes", options.name + ": reachable", {{"cluster", options.name}});
    sink->on_reachable(options.name, change->reachable, change->why);
    if (change->reachable) wake_all();
  }

  void wake_all() {
    for (const auto& [kind, watcher] : watchers) watcher->wake();
  }

  asio::any_io_executor executor;
  Clock& clock;
  Random& random;
  ClusterOptions options;
  ApiClient api;
  Discovery discovery;
  OpenApi openapi;
  Reachability reach;
  Signal probe_now;
  LiveSink* sink = nullptr;
  std::shared_ptr<WatchContext> context;
  std::map<WatchedKind, std::shared_ptr<KindWatcher>> watchers;
  bool probing = false;
  bool looking_again = false;
  bool closed = false;
  TaskGroup tasks;
};

/// A definition is served a moment after its event.
asio::awaitable<void> look_again_later(std::shared_ptr<Core> core) {
  const auto slept = co_await core->clock.sleep_for(kDefinitionServedAfter);
  core->looking_again = false;
  if (slept && !core->closed) core->look_again();
}

void Core::definition_changed() {
  look_again();
  if (closed || std::exchange(looking_again, true)) return;
  tasks.spawn("look at definitions", look_again_later(shared_from_this()));
}

/// True when the server is there.
asio::awaitable<bool> probe_once(std::shared_ptr<Core> core) {
  // /readyz may be forbidden, or say no because of one hook; a server that tells its version is there.
  std::string why = "no answer";
  for (int attempt = 0; attempt < 2; ++attempt) {
    ApiRequest request("GET", attempt == 0 ? "/readyz" : "/version");
    request.timeout = std::min(core->options.request_timeout, kProbeTimeout);
    const auto path = request.path;
    auto response = co_await core->api.send(std::move(request));
    if (response && response->status < 500) co_return true;
    if (!response && response.error().kind == ErrorKind::Cancelled) co_return false;
    why = response ? status_error(path, response->status, response->body).message : response.error().message;
    if (!response) break;
  }
  core->reach.probe_failed(why);
  co_return false;
}

asio::awaitable<void> probe_loop(std::shared_ptr<Core> core) {
  while (!core->closed) {
    const auto now = core->clock.mono_now();
    auto next = now + core->options.probe_every;
    if (core->reach.known_unreachable()) next = std::min(next, now + kProbeWhileUnreachable);
    const auto woken = co_await core->probe_now.wait_until(core->clock, next);
    if (!woken || core->closed) co_return;
    const bool quiet = core->clock.mono_now() - core->reach.heard_at() >= core->options.probe_every / 2;
    if (*woken || quiet || core->reach.known_unreachable()) {
      const bool there = co_await probe_once(core);
      // Watches whose silence made the cluster unreachable must speak themselves: with the probe, not after a long back-off.
      if (there && !*woken && !core->closed && core->reach.known_unreachable()) core->wake_all();
    }
    if (core->closed) co_return;
    core->publish();
  }
}

/// Tells of silence when it is due, whatever a probe still waits for.
asio::awaitable<void> heartbeat_loop(std::shared_ptr<Core> core) {
  while (!core->closed) {
    const auto soonest = core->clock.mono_now() + core->options.heartbeat_limit / 20;
    const auto slept = co_await core->clock.sleep_until(std::max(soonest, core->reach.next_due()));
    if (!slept || core->closed) co_return;
    core->publish();
  }
}

asio::awaitable<void> stop_watcher(std::shared_ptr<KindWatcher> watcher) { co_await watcher->stop(); }

class LiveCluster final : public Cluster {
 public:
  explicit LiveCluster(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  ~LiveCluster() override {
    core_->sink = nullptr;
    core_->closed = true;
    for (const auto& [kind, watcher] : core_->watchers) watcher->abandon();
    core_->watchers.clear();
    core_->tasks.cancel();
  }

  const std::string& name() const override { return core_->options.name; }
  WallTime last_heard() const override { return core_->last_heard(); }

  void watch(std::set<WatchedKind> kinds, LiveSink& sink) override {
    if (core_->closed) return;
    core_->sink = &sink;
    for (auto at = core_->watchers.begin(); at != core_->watchers.end();) {
      if (kinds.contains(at->first)) {
        ++at;
        continue;
      }
      core_->reach.release(at->first);
      core_->tasks.spawn("end of a watch", stop_watcher(at->second));
      at = core_->watchers.erase(at);
    }
    for (const auto& kind : kinds) {
      if (core_->watchers.contains(kind)) continue;
      auto watcher = std::make_shared<KindWatcher>(core_->executor, core_->context, kind, sink);
      core_->watchers.emplace(kind, watcher);
      watcher->start(core_);
    }
    if (core_->probing) return;
    core_->probing = true;
    core_->tasks.spawn("probe of " + name(), probe_loop(core_));
    core_->tasks.spawn("heartbeat of " + name(), heartbeat_loop(core_));
  }

  asio::awaitable<Result<ApplyOutcome>> apply(JsonPtr object, ApplyOptions options) override {
    const auto ref = ref_of(*object);
    const auto step = fmt::format("{}: {} {}", name(), options.dry_run ? "apply (dry-run)" : "apply", to_string(ref));
    auto resource = co_await core_->discovery.resolve(kind_of(ref));
    if (!resource) co_return wrap(step, resource.error());
    auto request = make_apply(*resource, *object, options, core_->options.connection.default_namespace);
    request.timeout = core_->options.request_timeout;
    auto response = co_await core_->api.send_patiently(std::move(request));
    if (!response) co_return wrap(step, response.error());
    const bool definition = ref.kind == "CustomResourceDefinition" || ref.kind == "APIService";
    if (definition && response->ok() && !options.dry_run) core_->definition_changed();
    co_return read_apply(step, *response, options, ref.kind == "Secret");
  }

  asio::awaitable<Result<JsonPtr>> patch(ObjectRef ref, JsonPtr json_patch, std::string field_manager) override {
    const auto step = fmt::format("{}: patch {}", name(), to_string(ref));
    auto resource = co_await core_->discovery.resolve(kind_of(ref));
    if (!resource) co_return wrap(step, resource.error());
    auto request = make_json_patch(*resource, ref, *json_patch, field_manager);
    request.timeout = core_->options.request_timeout;
    auto response = co_await core_->api.send(std::move(request));
    if (!response) co_return wrap(step, response.error());
    // The real server answers a failed test with 422, for which somebody else's write in between is the only reason.
    if (response->status == 422) co_return Error{ErrorKind::Unavailable, step + ": it was changed meanwhile"};
    if (!response->ok()) co_return status_error(step, response->status, response->body);
    auto object = json::parse(response->body, nullptr, false);
    if (!object.is_object()) co_return Error{ErrorKind::Corrupt, step + ": the answer isn't a JSON object"};
    co_return std::make_shared<const json>(std::move(object));
  }

  asio::awaitable<Result<void>> remove(ObjectRef ref) override {
    const auto step = fmt::format("{}: delete {}", name(), to_string(ref));
    auto resource = co_await core_->discovery.resolve(kind_of(ref));
    if (!resource) co_return wrap(step, resource.error());
    auto request = make_delete(*resource, ref);
    request.timeout = core_->options.request_timeout;
    auto response = co_await core_->api.send_patiently(std::move(request));
    if (!response) co_return wrap(step, response.error());
    if (!response->ok() && response->status != 404) co_return status_error(step, response->status, response->body);
    co_return Result<void>{};
  }

  asio::awaitable<Result<JsonPtr>> get(ObjectRef ref) override {
    const auto step = fmt::format("{}: get {}", name(), to_string(ref));
    auto resource = co_await core_->discovery.resolve(kind_of(ref));
    if (!resource) co_return wrap(step, resource.error());
    ApiRequest request("GET", resource_path(*resource, ref.namespace_, ref.name));
    request.timeout = core_->options.request_timeout;
    auto response = co_await core_->api.send_patiently(std::move(request));
    if (!response) co_return wrap(step, response.error());
    if (!response->ok()) co_return status_error(step, response->status, response->body);
    auto object = json::parse(response->body, nullptr, false);
    if (!object.is_object()) co_return Error{ErrorKind::Corrupt, step + ": the answer isn't a JSON object"};
    co_return std::make_shared<const json>(std::move(object));
  }

  asio::awaitable<Result<JsonPtr>> list(ListQuery query) override {
    const auto step = fmt::format("{}: list {}{}", name(), query.kind.kind, place_of(query.namespace_));
    auto resource = co_await core_->discovery.resolve(query.kind);
    if (!resource) co_return wrap(step, resource.error());
    auto request = make_list(*resource, query);
    request.timeout = core_->options.request_timeout;
    const auto response = co_await core_->api.send_patiently(std::move(request));
    if (!response) co_return wrap(step, response.error());
    co_return read_list(step, *response, query, resource->plural);
  }

  asio::awaitable<Result<std::string>> logs(LogQuery query) override {
    const auto step = fmt::format("{}: log of {}/{}{}{}", name(), query.namespace_, query.pod, query.container.empty() ? "" : " container ", query.container);
    auto request = make_log_request(query);
    request.timeout = core_->options.request_timeout;
    auto response = co_await core_->api.send_patiently(std::move(request));
    if (!response) co_return wrap(step, response.error());
    co_return read_log(step, std::move(*response), query);
  }

  asio::awaitable<Result<bool>> may(std::string verb, WatchedKind kind, std::string namespace_) override {
    const auto step = fmt::format("{}: asking whether we may {} {}", name(), verb, kind.kind);
    auto resource = co_await core_->discovery.resolve(std::move(kind));
    if (!resource) co_return wrap(step, resource.error());
    auto request = make_access_review(verb, *resource, namespace_);
    request.timeout = core_->options.request_timeout;
    auto response = co_await core_->api.send_patiently(std::move(request));
    if (!response) co_return wrap(step, response.error());
    co_return read_access_review(step, *response);
  }

  asio::awaitable<Result<std::string>> server_version() override {
    const auto step = name() + ": get /version";
    ApiRequest request("GET", "/version");
    request.timeout = core_->options.request_timeout;
    auto response = co_await core_->api.send_patiently(std::move(request));
    if (!response) co_return wrap(step, response.error());
    if (!response->ok()) co_return status_error(step, response->status, response->body);
    const auto answer = json::parse(response->body, nullptr, false);
    const auto version = answer.is_object() ? answer.find("gitVersion") : answer.end();
    if (!answer.is_object() || version == answer.end() || !version->is_string()) {
      co_return Error{ErrorKind::Corrupt, step + ": the answer holds no gitVersion: is this a Kubernetes API server?"};
    }
    co_return version->get<std::string>();
  }

  asio::awaitable<Result<bool>> is_namespaced(WatchedKind kind) override {
    auto resource = co_await core_->discovery.resolve(std::move(kind));
    if (!resource) co_return wrap(name(), resource.error());
    co_return resource->namespaced;
  }

  asio::awaitable<Result<std::shared_ptr<const Schemas>>> schemas() override {
    OpenApi::Wanted wanted;
    for (const auto& [kind, watcher] : core_->watchers) {
      if (!kind.metadata_only) wanted[group_version_path(kind.group, kind.version).substr(1)].insert(kind.kind);
    }
    auto schemas = co_await core_->openapi.fetch(std::move(wanted));
    if (!schemas) co_return wrap(name(), schemas.error());
    co_return *schemas;
  }

  asio::awaitable<void> close() override {
    auto core = core_;
    core->closed = true;
    core->sink = nullptr;
    auto watchers = std::exchange(core->watchers, {});
    for (const auto& [kind, watcher] : watchers) watcher->abandon();
    for (const auto& [kind, watcher] : watchers) co_await watcher->stop();
    co_await core->tasks.join();
  }

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<Cluster> create_cluster(asio::any_io_executor executor, Clock& clock, Random& random, ClusterOptions options) {
  auto core = std::make_shared<Core>(std::move(executor), clock, random, std::move(options));
  core->connect();
  return std::make_unique<LiveCluster>(std::move(core));
}

}  // namespace driftwarden::kubernetes
