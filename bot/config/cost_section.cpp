// cost: what a cluster's resources cost a month, from which rise on others must agree, and Infracost.
#include "bot/config/sections.hpp"
#include "bot/config/syntax.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden {
namespace {

constexpr std::int64_t kMicros = 1'000'000;
constexpr std::int64_t kMostUnits = 1'000'000'000;
constexpr std::size_t kDecimals = 6;
constexpr std::string_view kPrice = "an amount a month such as 21.90, with six decimals at most";

bool is_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// "21.90" is 21,900,000: exactly, or nothing.
std::optional<std::int64_t> parse_micros(std::string_view text) {
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  const auto fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  const bool written_out = !whole.empty() && (point == std::string_view::npos || !fraction.empty());
  if (!written_out || !is_digits(whole) || !is_digits(fraction) || whole.size() > 10 || fraction.size() > kDecimals) return std::nullopt;
  std::int64_t micros = 0;
  for (const char c : whole) micros = micros * 10 + (c - '0');
  if (micros > kMostUnits) return std::nullopt;
  for (std::size_t i = 0; i < kDecimals; ++i) micros = micros * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  return micros;
}

void read_amount(ConfigReading& reading, const ConfigNode& value, std::string_view key, std::int64_t& out) {
  const auto micros = value.kind == ConfigNode::Kind::Scalar ? parse_micros(value.text) : std::nullopt;
  if (micros) {
    out = *micros;
  } else {
    reading.mistake(value, fmt::format("\"{}\" is {}", key, describe(value)), std::string(kPrice));
  }
}

void amount(Section& section, std::string_view key, std::int64_t& out) {
  if (const auto* value = section.find(key)) read_amount(section.reading(), *value, key, out);
}

void required_amount(Section& section, std::string_view key, std::int64_t& out) {
  if (!section.has(key)) return section.missing(key, kPrice);
  amount(section, key, out);
}

void amounts(Section& section, std::string_view key, std::map<std::string, std::int64_t>& out) {
  section.entries(key, [&](const ConfigNode& name, const ConfigNode& value) { read_amount(section.reading(), value, name.text, out[name.text]); });
}

/// Names must exist; globs are for clusters to come, too.
void clusters(Section& section, std::vector<std::string>& out) {
  section.texts("clusters", out);
  const auto* list = section.find("clusters");
  if (list == nullptr) return;
  for (const auto& item : list->items) {
    if (item.kind == ConfigNode::Kind::Scalar && !item.text.empty() && !is_glob(item.text)) section.reading().uses.push_back({&item, NameKind::Cluster, item.text});
  }
}

PriceTable read_table(Section& section) {
  PriceTable table;
  clusters(section, table.clusters);
  required_amount(section, "cpu", table.cpu);
  required_amount(section, "memory", table.memory);
  amount(section, "storage", table.storage);
  amounts(section, "storage_classes", table.storage_classes);
  amount(section, "load_balancer", table.load_balancer);
  amounts(section, "resources", table.resources);
  section.integer("nodes", 0, table.nodes);
  return table;
}

CostThreshold read_threshold(Section& section) {
  CostThreshold threshold;
  required_amount(section, "above", threshold.above);
  section.named_list("environments", threshold.environments, NameKind::Environment);
  section.texts("apps", threshold.apps);
  section.integer("need", 1, threshold.need);
  section.named_list("from", threshold.from, NameKind::PersonOrGroup);
  if (threshold.from.empty()) section.missing("from", "the people and groups who must agree");
  return threshold;
}

/// A program, and where its key goes: in Git everybody who may commit there would choose them.
void refuse_from_git(Section& section) {
  const auto& whole = section.node();
  if (is_from_git(whole)) return section.reading().mistake(whole, "a config in Git may not say \"cost.infracost\"", "it in the main file only");
  for (const auto& entry : whole.entries) {
    if (!is_from_git(entry.key) && !is_from_git(entry.value)) continue;
    section.reading().mistake(entry.key, fmt::format("a config in Git may not say \"cost.infracost.{}\"", ellipsize(without_control_characters(entry.key.text), 60)), "it in the main file only");
  }
}

InfracostConfig read_infracost(Section& section) {
  InfracostConfig infracost;
  section.text("program", infracost.program);
  if (infracost.program.empty()) section.refuse("program", "is empty", "infracost, or its path");
  section.secret("key", infracost.key);
  section.checked("api_url", infracost.api_url, check_web_url, "https://...");
  section.duration("timeout", infracost.timeout);
  at_least_a_second(section, "timeout", infracost.timeout);
  return infracost;
}

void check_currency(Section& section, std::string& currency) {
  section.checked(
      "currency", currency,
      [](std::string_view text) -> std::string {
        const bool code = text.size() == 3 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
        return code ? "" : "isn't a currency";
      },
      "an ISO 4217 code such as EUR");
}

/// A table that comes after one for all clusters is never looked at.
void warn_of_unused(Section& section, const std::vector<PriceTable>& tables) {
  const auto all = std::ranges::find_if(tables, [](const PriceTable& table) { return table.clusters.empty(); });
  if (all == tables.end() || all + 1 == tables.end()) return;
  const auto at = static_cast<std::size_t>(all - tables.begin()) + 1;
  const auto* list = section.find("prices");
  if (list == nullptr || at >= list->items.size()) return;
  section.reading().warn(list->items[at], "no cluster is left for these prices: the table before them names none and is for all", "the table without clusters at the end");
}

}  // namespace

void read_cost(Section& root, Config& config) {
  root.inside("cost", [&](Section& section) {
    auto& cost = config.cost;
    check_currency(section, cost.currency);
    section.each("prices", [&](Section& given) { cost.prices.push_back(read_table(given)); });
    warn_of_unused(section, cost.prices);
    section.each("thresholds", [&](Section& given) { cost.thresholds.push_back(read_threshold(given)); });
    section.inside("infracost", [&](Section& given) {
      refuse_from_git(given);
      cost.infracost = read_infracost(given);
    });
  });
}

}  // namespace driftwarden
