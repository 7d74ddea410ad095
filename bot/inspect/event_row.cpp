#include "bot/inspect/inspect.hpp"
#include "bot/inspect/read_json.hpp"
#include "gitops/base/replace.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace driftwarden {
namespace {

using inspect::int_at;
using inspect::text_at;
using inspect::time_at;

/// core/v1 knows four places for the time, of which each writer fills its own.
std::optional<WallTime> newest_time(const nlohmann::json& event) {
  std::optional<WallTime> newest;
  for (const auto& time : {time_at(event, {"series", "lastObservedTime"}), time_at(event, {"lastTimestamp"}), time_at(event, {"eventTime"}), time_at(event, {"firstTimestamp"})}) {
    if (time && (!newest || *time > *newest)) newest = time;
  }
  return newest ? newest : time_at(event, {"metadata", "creationTimestamp"});
}

std::string kind_of(const EventRow& row) { return row.object.substr(0, row.object.find('/')); }

/// What it says of any object: pods of one workload differ in their names only.
std::string general(const EventRow& row) {
  const auto slash = row.object.find('/');
  const auto name = slash == std::string::npos ? row.object : row.object.substr(slash + 1);
  auto message = row.message;
  replace_all(message, name, "*");
  return message;
}

struct Repeated {
  EventRow row;
  std::vector<std::string> objects;
};

}  // namespace

EventRow event_row(const nlohmann::json& event) {
  EventRow row;
  row.object = text_at(event, {"involvedObject", "kind"}) + "/" + text_at(event, {"involvedObject", "name"});
  row.type = text_at(event, {"type"});
  row.reason = text_at(event, {"reason"});
  row.message = redact_log(trim(text_at(event, {"message"})));
  row.count = std::max({1, int_at(event, {"count"}), int_at(event, {"series", "count"})});
  row.last = newest_time(event);
  return row;
}

std::vector<EventRow> sorted_events(std::vector<EventRow> rows, std::size_t limit) {
  std::map<std::tuple<std::string, std::string, std::string, std::string>, Repeated> groups;
  for (auto& row : rows) {
    auto& group = groups[{kind_of(row), row.type, row.reason, general(row)}];
    if (std::ranges::find(group.objects, row.object) == group.objects.end()) group.objects.push_back(row.object);
    const int count = group.row.count + row.count;
    const bool first = group.objects.size() == 1 && group.row.object.empty();
    if (first || (row.last && (!group.row.last || *row.last > *group.row.last))) group.row = row;
    group.row.count = first ? row.count : count;
  }
  std::vector<EventRow> out;
  for (auto& [key, group] : groups) {
    if (group.objects.size() > 1) group.row.object += fmt::format(" and {} more", group.objects.size() - 1);
    out.push_back(std::move(group.row));
  }
  std::ranges::stable_sort(out, [](const EventRow& a, const EventRow& b) {
    const bool a_warns = a.type == "Warning";
    const bool b_warns = b.type == "Warning";
    if (a_warns != b_warns) return a_warns;
    return a.last.value_or(WallTime{}) > b.last.value_or(WallTime{});
  });
  if (out.size() > limit) out.resize(limit);
  return out;
}

}  // namespace driftwarden
