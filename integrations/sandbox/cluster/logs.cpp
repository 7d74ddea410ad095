// GET pods/NAME/log: containers that say plausible things, among them what nobody should log.
#include "integrations/sandbox/cluster/api_core.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <array>
#include <charconv>

namespace driftwarden::sandbox::cluster {
namespace {

constexpr Duration kBetweenStartLines{200};
constexpr Duration kBetweenLines{3'000};
constexpr long long kStartLines = 4;
constexpr long long kCrashLines = 5;
constexpr long long kLinesKept = 2'000;  ///< older ones were rotated away

std::optional<long long> number(const std::string& text) {
  long long out = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

WallTime time_of(const LogPlan& plan, long long line) {
  if (line < kStartLines || plan.crashing) return plan.started + line * kBetweenStartLines;
  return plan.started + kStartLines * kBetweenStartLines + (line - kStartLines + 1) * kBetweenLines;
}

/// How many lines it has said by `now`.
long long lines_by(const LogPlan& plan, WallTime now) {
  const auto until = plan.ended ? std::min(now, *plan.ended) : now;
  if (until < plan.started) return 0;
  const auto start = std::min<long long>((until - plan.started) / kBetweenStartLines + 1, plan.crashing ? kCrashLines : kStartLines);
  if (plan.crashing || start < kStartLines) return start;
  const auto running = until - plan.started - kStartLines * kBetweenStartLines;
  return start + std::max<long long>(0, running / kBetweenLines);
}

std::string text_of(const LogPlan& plan, long long line) {
  const auto digest = sha256_hex(fmt::format("{}/{}/{}", plan.pod.name, plan.container, line));
  const auto pick = [&](std::size_t at, int below) { return std::stoi(digest.substr(at, 4), nullptr, 16) % below; };
  if (line == 0) return fmt::format("level=info msg=\"starting\" container={} image={} pod={}", plan.container, plan.image, plan.pod.name);
  if (line == 1) return fmt::format("level=info msg=\"connecting\" dsn=postgres://{0}:s3cr3t-{1}@db.internal:5432/{0}", plan.container, pick(0, 10000));
  if (line == 2) return fmt::format("level=warn msg=\"credentials from the environment\" user={} password=changeme-{}", plan.container, pick(0, 10000));
  if (plan.crashing) return line == 3 ? "panic: cannot reach db.internal:5432: connection refused" : "goroutine 1 [running]: main.main()";
  if (line == 3) return "level=info msg=\"listening\" addr=:8080";
  if (line % 8 == 6) return fmt::format("level=debug msg=\"session refreshed\" user={} password=changeme-{}", plan.container, pick(0, 10000));
  static constexpr std::array<const char*, 5> kRequests{"GET /healthz", "GET /", "GET /items", "POST /orders", "GET /items/42"};
  if (line % 41 == 0) return fmt::format("level=warn msg=\"slow answer from the database\" took={}ms request={}", 800 + pick(0, 900), digest.substr(0, 16));
  const auto* request = kRequests[static_cast<std::size_t>(pick(4, static_cast<int>(kRequests.size())))];
  return fmt::format("level=info msg=\"{} {} {}.{}ms\" request={}", request, pick(8, 50) == 0 ? 404 : request[0] == 'P' ? 201 : 200, 1 + pick(12, 30), pick(16, 10), digest.substr(0, 16));
}

/// RFC 3339 with nine digits, as the kubelet writes it.
std::string stamp_of(WallTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto text = format_time(second);
  return fmt::format("{}.{:03}000000Z", text.substr(0, text.size() - 1), (time - second).count());
}

std::string line_of(const LogPlan& plan, long long line) { return (plan.timestamps ? stamp_of(time_of(plan, line)) + " " : std::string()) + text_of(plan, line) + "\n"; }

const Json& status_of(const Json& pod, const std::string& container) {
  static const Json kNone = Json::object();
  for (const char* const list : {"containerStatuses", "initContainerStatuses"}) {
    for (const auto& one : array_at(pod, {"status", list})) {
      if (text_at(one, {"name"}) == container) return one;
    }
  }
  return kNone;
}

std::vector<std::string> names_in(const Json& pod, const char* list) {
  std::vector<std::string> names;
  for (const auto& one : array_at(pod, {"spec", list})) names.push_back(text_at(one, {"name"}));
  return names;
}

/// The container that is meant, or why that can't be told.
Outcome<std::string> container_of(const Json& pod, const std::string& asked, const std::string& name) {
  const auto containers = names_in(pod, "containers");
  const auto init = names_in(pod, "initContainers");
  if (asked.empty()) {
    if (containers.size() == 1) return containers.front();
    auto choice = fmt::format("a container name must be specified for pod {}, choose one of: [{}]", name, join(containers, " "));
    if (!init.empty()) choice += fmt::format(" or one of the init containers: [{}]", join(init, " "));
    return bad_request(choice);
  }
  const auto has = [&](const std::vector<std::string>& names) { return std::find(names.begin(), names.end(), asked) != names.end(); };
  if (!has(containers) && !has(init)) return bad_request(fmt::format("container {} is not valid for pod {}", asked, name));
  return asked;
}

Outcome<LogPlan> plan_of(const Json& pod, const Key& key, const std::string& container, bool previous) {
  const Json& status = status_of(pod, container);
  const auto waiting = text_at(status, {"state", "waiting", "reason"});
  const Json* const last = find(status, {"lastState", "terminated"});
  LogPlan plan;
  plan.pod = key;
  plan.container = container;
  plan.image = text_at(status, {"image"});
  plan.crashing = is_crashing_image(plan.image);
  if (previous && last == nullptr) return bad_request(fmt::format("previous terminated container \"{}\" in pod \"{}\" not found", container, key.name));
  if (!previous && (text_at(pod, {"status", "phase"}) == "Pending" || waiting == "ContainerCreating" || waiting == "ImagePullBackOff")) {
    const auto why = waiting == "ImagePullBackOff" ? "trying and failing to pull image" : "ContainerCreating";
    return bad_request(fmt::format("container \"{}\" in pod \"{}\" is waiting to start: {}", container, key.name, why));
  }
  const auto take = [&](const Json& run) {
    if (const auto at = parse_time(text_at(run, {"startedAt"}))) plan.started = *at;
    if (const auto at = parse_time(text_at(run, {"finishedAt"}))) plan.ended = *at;
  };
  if (const Json* const running = find(status, {"state", "running"}); !previous && running != nullptr) {
    take(*running);
  } else if (const Json* const over = find(status, {"state", "terminated"}); !previous && over != nullptr) {
    take(*over);
  } else if (last != nullptr) {
    take(*last);
  }
  return plan;
}

}  // namespace

bool is_crashing_image(const std::string& image) {
  const auto slash = image.rfind('/');
  const auto colon = image.find(':', slash == std::string::npos ? 0 : slash);
  return colon != std::string::npos && image.find("crash", colon) != std::string::npos;
}

std::string take_log_lines(LogPlan& plan, WallTime now) {
  const auto end = lines_by(plan, now);
  std::string out;
  for (; plan.line < end; ++plan.line) out += line_of(plan, plan.line);
  return out;
}

Outcome<ApiReply> ApiCore::log(const ApiRequest& request, const Target& target, WallTime now) {
  const auto pod = store_.find(target.resource->storage(), target.key());
  if (!pod) return not_found("", "pods", target.name);
  auto container = container_of(pod->body(), request.query_or("container"), target.name);
  if (!container) return container.error();
  // Where no node took it there is nobody to ask.
  if (text_at(pod->body(), {"spec", "nodeName"}).empty()) return ApiReply(200, "", "text/plain");
  auto planned = plan_of(pod->body(), target.key(), container.value(), request.flag("previous"));
  if (!planned) return planned.error();
  auto plan = std::move(planned).value();
  plan.timestamps = request.flag("timestamps");
  const auto end = lines_by(plan, now);
  plan.line = std::max<long long>(0, end - kLinesKept);
  if (const auto tail = number(request.query_or("tailLines"))) plan.line = std::max(plan.line, end - *tail);
  if (const auto since = number(request.query_or("sinceSeconds"))) {
    while (plan.line < end && time_of(plan, plan.line) < now - std::chrono::seconds(*since)) ++plan.line;
  }
  ApiReply out(200, take_log_lines(plan, now), "text/plain");
  if (const auto limit = number(request.query_or("limitBytes"))) out.body.resize(std::min(out.body.size(), static_cast<std::size_t>(std::max<long long>(0, *limit))));
  if (request.flag("follow") && !plan.ended) out.follow = std::move(plan);
  return out;
}

}  // namespace driftwarden::sandbox::cluster
