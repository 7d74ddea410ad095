#include "integrations/kubernetes/kind_watcher.hpp"

#include "gitops/base/log.hpp"
#include "integrations/kubernetes/list_splitter.hpp"
#include "integrations/kubernetes/status_error.hpp"
#include "integrations/net/url.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace driftwarden::kubernetes {
namespace {

using nlohmann::json;

constexpr Duration kKindRetry{60'000};
constexpr Duration kQuickEnd{1'000};
constexpr int kRefusals = 5;
constexpr int kPagePatience = 4;  ///< a page may take so many times as long as a request
constexpr std::size_t kMaxRefusal = 64U << 10U;

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

}  // namespace

KindWatcher::KindWatcher(asio::any_io_executor executor, std::shared_ptr<WatchContext> context, WatchedKind kind, LiveSink& sink)
    : context_(std::move(context)),
      kind_(std::move(kind)),
      sink_(sink),
      backoff_(context_->random, limits_of(context_->options)),
      woken_(executor),
      tasks_(executor) {
  event_.object.ref.group = kind_.group;
  event_.object.ref.version = kind_.version;
  event_.object.ref.kind = kind_.kind;
}

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
  if (step.what == WatchStep::Do::Resolve) context_->reach.expect(kind_, context_->clock.mono_now());
  if (step.failed) context_->reach.release(kind_);
  if (step.forget) context_->discovery.forget(kind_);
  if (step.relist) sink_.on_relist(context_->options.name, kind_);
  if (step.listed) failing_ = false;
  if (step.listed) sink_.on_listed(context_->options.name, kind_);
  if (step.listed) context_->on_list_read();
  if (step.failed) sink_.on_kind_failed(context_->options.name, kind_, why_failed_);
}

void KindWatcher::alive() {
  refusals_ = 0;
  context_->reach.alive(kind_, context_->clock.mono_now());
  if (!context_->reach.settled()) context_->on_alive();
}

WatchStep KindWatcher::fail(Error error) {
  error = wrap(fmt::format("{}: watching {}", context_->options.name, kind_.kind), std::move(error));
  log(std::exchange(failing_, true) ? LogLevel::Debug : LogLevel::Warn, "kubernetes", error.message);
  context_->reach.watch_failed(kind_, error.message);
  why_failed_ = error;
  // Say a broken conversion webhook: that makes one kind Unknown, not the cluster, as long as the server is well otherwise.
  refusals_ = std::exchange(refused_, false) ? refusals_ + 1 : 0;
  if (refusals_ >= kRefusals && context_->reach.well_without(kind_)) return fsm_.on_refused();
  if (is_transient(error)) context_->on_request_failed(error.message);
  return fsm_.on_failed(error.kind);
}

asio::awaitable<Result<WatchStep>> KindWatcher::resolve() {
  CO_TRY(resource_, co_await context_->discovery.resolve(kind_));
  if (!resource_.verbs.contains("list") || !resource_.verbs.contains("watch")) {
    co_return Error{ErrorKind::NotFound, "the server serves this kind, but it can't be listed and watched"};
  }
  co_return fsm_.on_resolved();
}

const char* KindWatcher::accept(bool list) const {
  if (!kind_.metadata_only) return "application/json";
  return list ? "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" : "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
}

std::string KindWatcher::list_path() const {
  auto path = fmt::format("{}?limit={}", resource_path(resource_, {}, {}), context_->options.page_size);
  if (!fsm_.continue_token().empty()) path += "&continue=" + net::percent_encode(fsm_.continue_token());
  return path;
}

std::string KindWatcher::watch_path() {
  // A watch must end, and the next one speak, before its silence counts; the one after a hang has only what is left of that time.
  const auto limit = std::chrono::duration<double>(context_->options.heartbeat_limit).count();
  auto seconds = std::chrono::duration<double>(context_->options.watch_timeout).count() * (0.8 + 0.3 * context_->random.unit());
  seconds = std::min(seconds, hung_ ? limit / 30 : limit * 5 / 6);
  return fmt::format("{}?watch=true&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}", resource_path(resource_, {}, {}),
                     net::percent_encode(fsm_.resource_version()), std::max(1, static_cast<int>(seconds)));
}

asio::awaitable<Result<WatchStep>> KindWatcher::list_page() {
  context_->queued.insert(kind_);
  auto place = co_await context_->lists.enter();
  context_->queued.erase(kind_);
  CO_TRY(const auto pass, std::move(place));
  if (stopped_) co_return Error{ErrorKind::Cancelled, "stopped"};
  ApiRequest request("GET", list_path());
  request.accept = accept(true);
  request.timeout = context_->options.request_timeout;
  CO_TRY(auto stream, co_await context_->api.open_stream(std::move(request)));
  if (stopped_) co_return Error{ErrorKind::Cancelled, "stopped"};
  auto opened = std::make_shared<ApiStream>(std::move(stream));
  const auto status = opened->stream->status();
  if (status == 410) co_return fsm_.on_gone();
  if (status < 200 || status >= 300) co_return co_await refused(opened, "list");
  co_return co_await read_list(opened);
}

asio::awaitable<Result<WatchStep>> KindWatcher::read_list(std::shared_ptr<ApiStream> opened) {
  const auto& options = context_->options;
  const auto page_end = context_->clock.mono_now() + kPagePatience * options.request_timeout;
  const ListSplitter::OnItem on_item = [this](std::string_view text) { return take_item(text); };
  ListSplitter splitter;
  for (;;) {
    auto piece = co_await opened->stream->read_some(std::min(page_end, context_->clock.mono_now() + options.request_timeout));
    if (stopped_) co_return Error{ErrorKind::Cancelled, "stopped"};
    CO_TRY(const auto bytes, std::move(piece));
    if (bytes.empty()) break;
    context_->api.on_heard();
    alive();
    // Kinds that wait for their turn wait for us, not for the server.
    for (const auto& kind : context_->queued) context_->reach.alive(kind, context_->clock.mono_now());
    CO_CHECK_OK(splitter.feed(bytes, on_item));
  }
  CO_TRY(const auto end, splitter.finish());
  co_return fsm_.on_page(end.resource_version, end.continue_token);
}

/// The Error that a refusal's body tells.
asio::awaitable<Result<WatchStep>> KindWatcher::refused(std::shared_ptr<ApiStream> opened, std::string step) {
  const auto deadline = context_->clock.mono_now() + context_->options.request_timeout;
  std::string body;
  while (body.size() < kMaxRefusal) {
    const auto piece = co_await opened->stream->read_some(deadline);
    if (!piece || piece->empty()) break;
    body += *piece;
  }
  refused_ = true;
  co_return status_error(step, opened->stream->status(), body);
}

Result<void> KindWatcher::take_item(std::string_view text) {
  if (stopped_) return Error{ErrorKind::Cancelled, "stopped"};
  auto& glimpse = event_.object;
  if (!read_glimpse(text, context_->digest_key, glimpse)) return deliver(nullptr, text);
  if (!sink_.wants(context_->options.name, glimpse)) return {};
  return deliver(&glimpse, text);
}

Result<void> KindWatcher::deliver(const LiveGlimpse* glimpse, std::string_view text) {
  auto object = json::parse(text, nullptr, false);
  if (!object.is_object()) return Error{ErrorKind::Corrupt, "an object that isn't JSON"};
  // A list says what its items are once, for all of them.
  if (!object.contains("kind")) object["kind"] = kind_.metadata_only ? "PartialObjectMetadata" : kind_.kind;
  if (!object.contains("apiVersion")) {
    const auto api_version = kind_.group.empty() ? kind_.version : kind_.group + "/" + kind_.version;
    object["apiVersion"] = kind_.metadata_only ? "meta.k8s.io/v1" : api_version;
  }
  LiveObject live;
  live.ref = glimpse != nullptr ? glimpse->ref : ref_in(kind_, object);
  live.content = glimpse != nullptr ? glimpse->content : 0;
  live.body = std::make_shared<const json>(std::move(object));
  sink_.on_object(context_->options.name, std::move(live));
  return {};
}

asio::awaitable<Result<WatchStep>> KindWatcher::open_watch() {
  ApiRequest request("GET", watch_path());
  request.accept = accept(false);
  request.timeout = context_->options.request_timeout;
  opened_at_ = context_->clock.mono_now();
  heard_event_ = false;
  lines_ = LineBuffer();
  CO_TRY(auto stream, co_await context_->api.open_stream(std::move(request)));
  if (stopped_) co_return Error{ErrorKind::Cancelled, "stopped"};
  auto opened = std::make_shared<ApiStream>(std::move(stream));
  const auto status = opened->stream->status();
  if (status == 410) co_return fsm_.on_gone();
  if (status < 200 || status >= 300) co_return co_await refused(opened, "watch");
  if (!hung_) alive();
  stream_ = std::move(opened);
  co_return fsm_.on_opened();
}

asio::awaitable<Result<WatchStep>> KindWatcher::read_watch() {
  // It would have ended by now, and said so: this stream lost its server without notice.
  const auto patience = context_->options.heartbeat_limit * 11 / 12;
  const auto reading = stream_;
  auto piece = co_await reading->stream->read_some(context_->clock.mono_now() + patience);
  if (stopped_) co_return Error{ErrorKind::Cancelled, "stopped"};
  if (!piece && piece.error().kind == ErrorKind::Timeout) {
    hung_ = true;
    context_->reach.watch_failed(kind_, "its stream said nothing and did not end");
    co_return fsm_.on_ended(false);
  }
  CO_TRY(const auto bytes, std::move(piece));
  hung_ = false;
  context_->api.on_heard();
  alive();
  if (bytes.empty()) co_return fsm_.on_ended(!heard_event_ && context_->clock.mono_now() - opened_at_ < kQuickEnd);
  CO_CHECK_OK(lines_.append(bytes));
  auto step = fsm_.on_opened();
  while (const auto line = lines_.next_line()) {
    CO_TRY(step, take_event(*line));
    if (step.what != WatchStep::Do::Read || stopped_) break;
  }
  co_return step;
}

Result<WatchStep> KindWatcher::take_event(std::string_view line) {
  if (!read_event(line, context_->digest_key, event_)) return take_strange_event(line);
  const auto& object = event_.object;
  const bool deleted = event_.type == "DELETED";
  const bool bookmark = event_.type == "BOOKMARK";
  const bool written = event_.type == "MODIFIED" || event_.type == "ADDED";
  if ((!deleted && !bookmark && !written) || object.resource_version.empty()) return take_strange_event(line);
  heard_event_ = true;
  failing_ = false;
  if (deleted) sink_.on_deleted(context_->options.name, object.ref);
  if (written && sink_.wants(context_->options.name, object)) CHECK_OK(deliver(&object, object.text));
  if (!bookmark && kind_.kind == "CustomResourceDefinition") context_->on_definition_changed();
  return fsm_.on_event(std::string(object.resource_version));
}

/// Errors, and whatever only the parser can say something about.
Result<WatchStep> KindWatcher::take_strange_event(std::string_view line) {
  TRY(const auto event, decode_watch_event(line));
  heard_event_ = true;
  if (event.type == WatchEventType::Error) {
    if (event.code == 410) return fsm_.on_gone();
    return status_error("watch", event.code == 0 ? 500 : event.code, event.message);
  }
  failing_ = false;
  if (event.type == WatchEventType::Deleted) sink_.on_deleted(context_->options.name, ref_in(kind_, *event.object));
  if (event.type == WatchEventType::Added || event.type == WatchEventType::Modified) CHECK_OK(deliver(nullptr, event.object->dump()));
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
