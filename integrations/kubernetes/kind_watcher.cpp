#include "integrations/kubernetes/kind_watcher.hpp"

#include "gitops/base/log.hpp"
#include "integrations/kubernetes/status_error.hpp"
#include "integrations/net/url.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden::kubernetes {
namespace {

using nlohmann::json;

constexpr Duration kKindRetry{60'000};
constexpr Duration kQuickEnd{1'000};

net::Backoff::Limits limits_of(const ClusterOptions& options) {
  net::Backoff::Limits limits;
  limits.base = options.backoff_base;
  limits.max = options.backoff_max;
  return limits;
}

ObjectRef ref_in(const WatchedKind& kind, const json& object) {
  ObjectRef ref;
  ref.group = kind.group;
  ref.version = kind.version;
  ref.kind = kind.kind;
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return ref;
  if (const auto name = metadata->find("name"); name != metadata->end() && name->is_string()) ref.name = name->get<std::string>();
  if (const auto ns = metadata->find("namespace"); ns != metadata->end() && ns->is_string()) ref.namespace_ = ns->get<std::string>();
  return ref;
}

std::string text_of(const json& metadata, const char* key) {
  const auto found = metadata.find(key);
  return found != metadata.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

}  // namespace

KindWatcher::KindWatcher(asio::any_io_executor executor, std::shared_ptr<WatchContext> context, WatchedKind kind, LiveSink& sink)
    : context_(std::move(context)),
      kind_(std::move(kind)),
      sink_(sink),
      backoff_(context_->random, limits_of(context_->options)),
      woken_(executor),
      tasks_(executor) {}

void KindWatcher::start(std::shared_ptr<void> owner) { tasks_.spawn("watch of " + kind_.kind, run(shared_from_this(), std::move(owner))); }

void KindWatcher::wake() {
  if (pausing_ != WatchStep::Pause::None) woken_.notify();
}

void KindWatcher::wake_if_failed() {
  if (pausing_ == WatchStep::Pause::Kind) woken_.notify();
}

void KindWatcher::abandon() {
  stopped_ = true;
  tasks_.cancel();
}

asio::awaitable<void> KindWatcher::stop() {
  stopped_ = true;
  co_await tasks_.join();
}

asio::awaitable<void> KindWatcher::run(std::shared_ptr<KindWatcher> self, std::shared_ptr<void> owner) {
  const auto kept = std::move(owner);
  auto step = self->fsm_.start();
  while (!self->stopped_) {
    self->tell(step);
    auto next = co_await self->perform(step);
    if (self->stopped_) break;
    if (next) {
      step = *next;
    } else if (next.error().kind == ErrorKind::Cancelled) {
      break;
    } else {
      step = self->fail(next.error());
    }
  }
  self->stream_.reset();
}

asio::awaitable<Result<WatchStep>> KindWatcher::perform(WatchStep step) {
  switch (step.what) {
    case WatchStep::Do::Resolve: co_return co_await resolve();
    case WatchStep::Do::List: co_return co_await list_page();
    case WatchStep::Do::Watch: co_return co_await open_watch();
    case WatchStep::Do::Read: co_return co_await read_watch();
    case WatchStep::Do::Sleep: co_return co_await sleep(step);
  }
  co_return Error{ErrorKind::Corrupt, "unknown step"};
}

void KindWatcher::tell(const WatchStep& step) {
  if (step.what != WatchStep::Do::Read) stream_.reset();
  if (step.forget) context_->discovery.forget(kind_);
  if (step.relist) sink_.on_relist(context_->options.name, kind_);
  if (step.listed) failing_ = false;
  if (step.listed) sink_.on_listed(context_->options.name, kind_);
  if (step.failed) sink_.on_kind_failed(context_->options.name, kind_, why_failed_);
}

WatchStep KindWatcher::fail(Error error) {
  error = wrap(fmt::format("{}: watching {}", context_->options.name, kind_.kind), std::move(error));
  log(std::exchange(failing_, true) ? LogLevel::Debug : LogLevel::Warn, "kubernetes", error.message);
  if (is_transient(error)) context_->on_request_failed(error.message);
  why_failed_ = error;
  return fsm_.on_failed(error.kind);
}

asio::awaitable<Result<WatchStep>> KindWatcher::resolve() {
  CO_TRY(resource_, co_await context_->discovery.resolve(kind_));
  if (!resource_.verbs.contains("list") || !resource_.verbs.contains("watch")) {
    co_return Error{ErrorKind::NotFound, "the server serves this kind, but it can't be listed and watched"};
  }
  co_return fsm_.on_resolved();
}

std::string KindWatcher::list_path() const {
  auto path = fmt::format("{}?limit={}", resource_path(resource_, {}, {}), context_->options.page_size);
  if (!fsm_.continue_token().empty()) path += "&continue=" + net::percent_encode(fsm_.continue_token());
  return path;
}

std::string KindWatcher::watch_path() {
  const auto seconds = std::chrono::duration<double>(context_->options.watch_timeout).count() * (0.8 + 0.4 * context_->random.unit());
  return fmt::format("{}?watch=true&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}", resource_path(resource_, {}, {}),
                     net::percent_encode(fsm_.resource_version()), std::max(1, static_cast<int>(seconds)));
}

asio::awaitable<Result<WatchStep>> KindWatcher::list_page() {
  ApiRequest request("GET", list_path());
  request.timeout = context_->options.request_timeout;
  CO_TRY(auto response, co_await context_->api.send(std::move(request)));
  if (stopped_) co_return Error{ErrorKind::Cancelled, "stopped"};
  if (response.status == 410) co_return fsm_.on_gone();
  if (!response.ok()) co_return status_error("list", response.status, response.body);
  auto page = json::parse(response.body, nullptr, false);
  response.body = {};
  co_return take_page(std::move(page));
}

Result<WatchStep> KindWatcher::take_page(json page) {
  const auto metadata = page.is_object() ? page.find("metadata") : page.end();
  if (!page.is_object() || metadata == page.end() || !metadata->is_object()) return Error{ErrorKind::Corrupt, "list: the answer isn't a list"};
  const auto version = text_of(*metadata, "resourceVersion");
  const auto more = text_of(*metadata, "continue");
  if (auto items = page.find("items"); items != page.end() && items->is_array()) {
    const auto api_version = kind_.group.empty() ? kind_.version : kind_.group + "/" + kind_.version;
    for (auto& item : *items) {
      if (!item.is_object()) continue;
      // A list says what its items are once, for all of them.
      if (!item.contains("kind")) item["kind"] = kind_.kind;
      if (!item.contains("apiVersion")) item["apiVersion"] = api_version;
      deliver(std::make_shared<const json>(std::move(item)));
    }
  }
  return fsm_.on_page(version, more);
}

void KindWatcher::deliver(JsonPtr object) {
  LiveObject live;
  live.ref = ref_in(kind_, *object);
  live.body = std::move(object);
  sink_.on_object(context_->options.name, std::move(live));
}

asio::awaitable<Result<WatchStep>> KindWatcher::open_watch() {
  ApiRequest request("GET", watch_path());
  request.timeout = context_->options.request_timeout;
  opened_at_ = context_->clock.mono_now();
  heard_event_ = false;
  lines_ = LineBuffer();
  CO_TRY(auto opened, co_await context_->api.open_stream(std::move(request)));
  const auto status = opened.stream->status();
  if (status == 410) co_return fsm_.on_gone();
  if (status < 200 || status >= 300) {
    auto body = co_await opened.stream->read_some(context_->clock.mono_now() + context_->options.request_timeout);
    const auto text = body ? *body : std::string{};
    opened.stream->close();
    co_return status_error("watch", status, text);
  }
  stream_ = std::make_unique<ApiStream>(std::move(opened));
  co_return fsm_.on_opened();
}

asio::awaitable<Result<WatchStep>> KindWatcher::read_watch() {
  // Bookmarks come about once a minute; a stream that says nothing for much longer has lost its server without notice.
  const auto patience = 2 * context_->options.heartbeat_limit + Duration{10'000};
  auto piece = co_await stream_->stream->read_some(context_->clock.mono_now() + patience);
  if (stopped_) co_return Error{ErrorKind::Cancelled, "stopped"};
  if (!piece && piece.error().kind == ErrorKind::Timeout) co_return fsm_.on_ended(false);
  CO_TRY(const auto bytes, std::move(piece));
  if (bytes.empty()) co_return fsm_.on_ended(!heard_event_ && context_->clock.mono_now() - opened_at_ < kQuickEnd);
  context_->api.on_heard();
  CO_CHECK_OK(lines_.append(bytes));
  auto step = fsm_.on_opened();
  while (const auto line = lines_.next_line()) {
    CO_TRY(step, take_event(*line));
    if (step.what != WatchStep::Do::Read || stopped_) break;
  }
  co_return step;
}

Result<WatchStep> KindWatcher::take_event(std::string_view line) {
  TRY(auto event, decode_watch_event(line));
  heard_event_ = true;
  if (event.type != WatchEventType::Error) failing_ = false;
  switch (event.type) {
    case WatchEventType::Error:
      if (event.code == 410) return fsm_.on_gone();
      return status_error("watch", event.code == 0 ? 500 : event.code, event.message);
    case WatchEventType::Bookmark: break;
    case WatchEventType::Deleted: sink_.on_deleted(context_->options.name, ref_in(kind_, *event.object)); break;
    case WatchEventType::Added:
    case WatchEventType::Modified: deliver(std::move(event.object)); break;
  }
  if (event.type != WatchEventType::Bookmark && kind_.kind == "CustomResourceDefinition") context_->on_definition_changed();
  return fsm_.on_event(event.resource_version);
}

asio::awaitable<Result<WatchStep>> KindWatcher::sleep(WatchStep step) {
  if (fsm_.take_progress()) backoff_.reset();
  const bool after_failure = step.pause == WatchStep::Pause::Kind;
  auto pause = after_failure ? kKindRetry : backoff_.next();
  if (after_failure) pause = Duration{static_cast<Duration::rep>(static_cast<double>(pause.count()) * (0.75 + 0.5 * context_->random.unit()))};
  pausing_ = step.pause;
  const auto woken = co_await woken_.wait_until(context_->clock, context_->clock.mono_now() + pause);
  pausing_ = WatchStep::Pause::None;
  if (!woken) co_return woken.error();
  co_return fsm_.on_slept();
}

}  // namespace driftwarden::kubernetes
