// Logs of several pods as one text: redacted each by itself (a key may span lines), then merged by the server's own times.
#include "bot/inspect/app_objects.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::size_t kMostPods = 10;
constexpr std::size_t kMostLines = 5000;
constexpr std::size_t kMostBytes = 1U << 20U;

struct LogLine {
  std::string stamp;  ///< RFC 3339 with nanoseconds, so that text order is time order
  std::string pod;
  std::string text;
};

struct Source {
  PodRow pod;
  const ContainerState* container = nullptr;
};

std::string without_kind(const std::string& target, std::string_view kind) {
  const auto slash = target.find('/');
  if (slash == std::string::npos || to_lower(target.substr(0, slash)) != kind) return target;
  return target.substr(slash + 1);
}

std::vector<PodRow> chosen(const std::vector<PodRow>& pods, const LogsAsked& asked) {
  std::vector<PodRow> out;
  const auto pick = [&](const auto& fits) {
    if (!out.empty()) return;
    for (const auto& pod : pods) {
      if (fits(pod)) out.push_back(pod);
    }
  };
  const auto target = asked.pod.empty() ? asked.workload : asked.pod;
  if (target.empty()) return pods;
  const auto name = without_kind(without_kind(target, "pod"), "po");
  pick([&](const PodRow& pod) { return pod.name == name; });
  if (asked.pod.empty()) pick([&](const PodRow& pod) { return inspect::is_workload(pod.workload, target); });
  pick([&](const PodRow& pod) { return name.size() >= 3 && pod.name.starts_with(name); });
  return out;
}

Error nothing_chosen(const App& app, const std::vector<PodRow>& pods, const LogsAsked& asked) {
  const auto target = asked.pod.empty() ? asked.workload : asked.pod;
  if (pods.empty()) return {ErrorKind::NotFound, fmt::format("{} has no pods on {} now", app.name, app.cluster)};
  std::vector<std::string> known;
  for (const auto& pod : pods) {
    if (std::ranges::find(known, pod.workload) == known.end()) known.push_back(pod.workload);
  }
  if (known.size() > 10) known.resize(10);
  return {ErrorKind::NotFound, fmt::format("{} has no workload and no pod \"{}\" with pods now; it has {}", app.name, target, join(known, ", "))};
}

const ContainerState* container_of(const PodRow& pod, const std::string& name) {
  if (!name.empty()) {
    const auto found = std::ranges::find(pod.containers, name, &ContainerState::name);
    return found == pod.containers.end() ? nullptr : &*found;
  }
  // An init container that fails is what keeps the others from saying anything.
  if (pod.phase.starts_with("Init:") && pod.phase.find('/') == std::string::npos) {
    for (const auto& one : pod.containers) {
      if (one.init && !one.ready && (one.restarts > 0 || one.state.starts_with("terminated"))) return &one;
    }
  }
  const auto main = std::ranges::find_if(pod.containers, [](const ContainerState& one) { return !one.init; });
  return main == pod.containers.end() ? nullptr : &*main;
}

/// "2026-11-21T22:44:01.123456789Z text"; lines of a server that gives no times have none.
std::vector<LogLine> to_lines(const std::string& raw, const std::string& pod) {
  std::vector<LogLine> lines;
  std::string bare;
  std::string last;
  auto parts = split(raw, '\n');
  if (!parts.empty() && parts.back().empty()) parts.pop_back();
  for (const auto& part : parts) {
    const auto space = part.find(' ');
    const auto head = part.substr(0, space == std::string::npos ? part.size() : space);
    const bool stamped = head.size() >= 20 && head.size() <= 40 && head[4] == '-' && head[10] == 'T';
    if (stamped) last = head;
    lines.push_back({last, pod, {}});
    bare += stamped ? (space == std::string::npos ? "" : part.substr(space + 1)) : part;
    bare += '\n';
  }
  const auto redacted = split(redact_log(bare), '\n');
  for (std::size_t i = 0; i < lines.size() && i < redacted.size(); ++i) lines[i].text = redacted[i];
  return lines;
}

bool contains(const std::string& text, const std::string& word) { return word.empty() || to_lower(text).find(word) != std::string::npos; }

std::string source_name(const Source& source) { return source.pod.name + "/" + source.container->name; }

std::string trouble_of(const Source& source, const LogsAsked& asked, const Error& error) {
  const auto& container = *source.container;
  if (error.kind == ErrorKind::Conflict) return fmt::format("{}: container {} isn't started: {}", source.pod.name, container.name, container.state);
  if (error.kind == ErrorKind::NotFound && asked.previous) return fmt::format("{}: container {} has no earlier run ({} restarts)", source.pod.name, container.name, container.restarts);
  return redact_log(error.message);
}

struct OneLog {
  std::string text;
  bool cut = false;
};

/// The server stops at the limit of bytes, and so keeps the older half: then fewer lines are asked for.
asio::awaitable<Result<OneLog>> fetch_log(kubernetes::Cluster& cluster, kubernetes::LogQuery query) {
  OneLog log;
  for (int attempt = 0; attempt < 4; ++attempt) {
    auto got = co_await cluster.logs(query);
    if (!got) co_return got.error();
    log.text = std::move(*got);
    const auto lines = static_cast<std::size_t>(std::ranges::count(log.text, '\n')) + (log.text.empty() || log.text.ends_with('\n') ? 0 : 1);
    log.cut = log.cut || lines >= query.tail;
    if (log.text.size() < query.limit_bytes) break;
    log.cut = true;
    if (lines <= 1) break;
    query.tail = std::max<std::size_t>(1, lines / 2);
  }
  co_return log;
}

LogText merged(std::vector<LogLine> lines, const LogsAsked& asked, std::size_t sources) {
  LogText out;
  const auto word = to_lower(asked.grep);
  out.newest = asked.after;
  const auto is_old = [&](const LogLine& line) {
    const auto after = asked.after.find(line.pod);
    return after != asked.after.end() && line.stamp <= after->second;
  };
  for (const auto& line : lines) {
    if (auto& newest = out.newest[line.pod]; line.stamp > newest) newest = line.stamp;
  }
  std::erase_if(lines, [&](const LogLine& line) { return !contains(line.text, word) || is_old(line); });
  if (sources > 1) std::ranges::stable_sort(lines, {}, &LogLine::stamp);
  const auto tail = std::clamp<std::size_t>(asked.tail, 1, kMostLines);
  if (lines.size() > tail) {
    out.cut = true;
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(tail));
  }
  out.lines = lines.size();
  for (const auto& line : lines) out.text += (sources > 1 ? line.pod + " " : "") + line.text + "\n";
  return out;
}

}  // namespace

asio::awaitable<Result<LogText>> read_logs(Fleet& fleet, App app, LogsAsked asked) {
  auto cluster = inspect::cluster_of(fleet, app);
  if (!cluster) co_return cluster.error();
  auto fetching = inspect::fetch_rows(fleet, app, asked.pod.empty() ? asked.workload : asked.pod);
  const auto pods = co_await std::move(fetching);
  if (!pods) co_return pods.error();
  const auto wanted = chosen(*pods, asked);
  if (wanted.empty()) co_return nothing_chosen(app, *pods, asked);
  std::vector<Source> sources;
  std::vector<std::string> troubles;
  std::set<std::string> containers;
  for (const auto& pod : wanted) {
    for (const auto& one : pod.containers) containers.insert(one.name);
    if (container_of(pod, asked.container) == nullptr || sources.size() == kMostPods) continue;
    sources.push_back({pod, nullptr});
  }
  if (sources.empty()) {
    const std::vector<std::string> names(containers.begin(), containers.end());
    co_return Error{ErrorKind::NotFound, fmt::format("{} has no container \"{}\"; there are {}", app.name, asked.container, join(names, ", "))};
  }
  if (wanted.size() > sources.size() && sources.size() == kMostPods) troubles.push_back(fmt::format("only {} of {} pods were read, those in trouble first: name one for the others", kMostPods, wanted.size()));
  if (const auto left_out = workloads_left_out(fleet, app); asked.pod.empty() && asked.workload.empty() && !left_out.empty()) troubles.push_back(left_out + ": name one for the others");
  std::vector<LogLine> lines;
  std::vector<std::string> read;
  std::optional<Error> refused;
  bool cut = false;
  for (auto& source : sources) {
    source.container = container_of(source.pod, asked.container);
    kubernetes::LogQuery query;
    query.namespace_ = source.pod.namespace_;
    query.pod = source.pod.name;
    query.container = source.container->name;
    query.previous = asked.previous;
    query.since = asked.since;
    // What a word is looked for in has to be longer than what is shown.
    query.tail = asked.grep.empty() ? std::clamp<std::size_t>(asked.tail, 1, kMostLines) : kMostLines;
    query.limit_bytes = kMostBytes;
    query.timestamps = true;
    auto log = co_await fetch_log(**cluster, std::move(query));
    if (!log) {
      if (log.error().kind == ErrorKind::Denied || log.error().kind == ErrorKind::Cancelled) co_return log.error();
      if (!refused || is_transient(log.error())) refused = log.error();
      troubles.push_back(trouble_of(source, asked, log.error()));
      continue;
    }
    cut = cut || log->cut;
    read.push_back(source_name(source));
    auto more = to_lines(log->text, source.pod.name);
    lines.insert(lines.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  if (read.empty() && refused && is_transient(*refused)) co_return *refused;
  auto out = merged(std::move(lines), asked, sources.size());
  out.cut = out.cut || cut;
  out.sources = std::move(read);
  out.troubles = std::move(troubles);
  co_return out;
}

}  // namespace driftwarden
