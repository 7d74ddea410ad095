#include "bot/cost/pod_requests.hpp"

#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

using nlohmann::json;
using Amounts = std::map<std::string, Wide>;

constexpr std::size_t kNameShown = 60;
constexpr std::array<const char*, 2> kAlwaysCounted{"cpu", "memory"};

void add(Amounts& sum, const Amounts& more) {
  for (const auto& [resource, amount] : more) sum[resource] += amount;
}

void raise(Amounts& largest, const Amounts& other) {
  for (const auto& [resource, amount] : other) largest[resource] = std::max(largest[resource], amount);
}

class Reader {
 public:
  explicit Reader(PodRequests& out) : out_(out) {}

  /// The quantities of a mapping; those that can't be read are told.
  Amounts read(const json& given, const std::string& of) {
    Amounts amounts;
    if (!given.is_object()) return amounts;
    for (const auto& [resource, value] : given.items()) {
      if (value.is_null()) continue;
      if (const auto amount = quantity_of(value)) {
        amounts[resource] = *amount;
      } else {
        out_.missing.push_back(fmt::format("{}: {} can't be read", of, ellipsize(without_control_characters(resource), kNameShown)));
        amounts[resource] = 0;
      }
    }
    return amounts;
  }

  /// Requests, and the limits of what isn't requested.
  Amounts resources(const json& holder, const std::string& of) {
    const auto& given = member_at(holder, "resources");
    auto amounts = read(member_at(given, "requests"), of);
    for (const auto& [resource, amount] : read(member_at(given, "limits"), of)) amounts.try_emplace(resource, amount);
    return amounts;
  }

 private:
  PodRequests& out_;
};

std::string name_of(const json& container, bool init) {
  const auto name = text_at(container, "name");
  return fmt::format("{}container {}", init ? "init " : "", name.empty() ? "without a name" : ellipsize(without_control_characters(name), kNameShown));
}

const json& items_of(const json& spec, const char* key) {
  static const json kNone = json::array();
  const auto& list = member_at(spec, key);
  return list.is_array() ? list : kNone;
}

}  // namespace

PodRequests pod_requests(const json& spec) {
  PodRequests out;
  Reader reader{out};
  // The Pod's own requests count in place of its containers', so that these lack nothing.
  const auto& given = member_at(spec, "resources");
  const auto own = reader.read(member_at(given, "requests"), "the Pod");
  const auto own_limits = reader.read(member_at(given, "limits"), "the Pod");
  const auto must_have = [&](const Amounts& amounts, const std::string& name) {
    for (const auto* resource : kAlwaysCounted) {
      if (!amounts.contains(resource) && !own.contains(resource) && !own_limits.contains(resource)) out.missing.push_back(fmt::format("{} requests no {}", name, resource));
    }
  };
  Amounts running;
  for (const auto& container : items_of(spec, "containers")) {
    const auto name = name_of(container, false);
    const auto amounts = reader.resources(container, name);
    must_have(amounts, name);
    add(running, amounts);
  }
  Amounts sidecars;
  Amounts starting;
  for (const auto& container : items_of(spec, "initContainers")) {
    const auto name = name_of(container, true);
    const auto amounts = reader.resources(container, name);
    if (text_at(container, "restartPolicy") == "Always") {
      must_have(amounts, name);
      add(running, amounts);
      add(sidecars, amounts);
      raise(starting, sidecars);
    } else {
      // It runs while the sidecars before it do.
      auto moment = sidecars;
      add(moment, amounts);
      raise(starting, moment);
    }
  }
  out.amounts = std::move(running);
  raise(out.amounts, starting);
  for (const auto& [resource, amount] : own) out.amounts[resource] = amount;
  for (const auto& [resource, amount] : own_limits) out.amounts.try_emplace(resource, amount);
  add(out.amounts, reader.read(member_at(spec, "overhead"), "the overhead"));
  return out;
}

}  // namespace driftwarden
