#include "integrations/cost/parse.hpp"

#include "gitops/base/members.hpp"
#include "gitops/base/text.hpp"
#include "integrations/cost/infracost.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <map>

namespace driftwarden::infracost {
namespace {

using nlohmann::json;

constexpr std::size_t kMostLines = 40;
constexpr std::size_t kMostUncounted = 20;
constexpr std::size_t kLongestName = 200;
constexpr int kDeepest = 8;
constexpr int kMicroDigits = 6;

std::string name_at(const json& object, const char* key) {
  const auto& name = member_at(object, key);
  return name.is_string() ? ellipsize(without_control_characters(name.get<std::string>()), kLongestName) : std::string();
}

Error corrupt(const std::string& why) { return Error{ErrorKind::Corrupt, "what Infracost prints can't be read: " + why}; }

/// Money stands there as a text, so that no digit gets lost; null is nothing.
Result<std::int64_t> money_at(const json& object, const char* key) {
  const auto& value = member_at(object, key);
  if (value.is_null()) return std::int64_t{0};
  const auto text = value.is_string() ? value.get<std::string>() : value.is_number() ? value.dump() : std::string();
  const auto micros = micros_of(text);
  if (!micros) return corrupt(fmt::format("{} is no amount of money", key));
  return *micros;
}

/// What a resource would cost by its use, which no plan knows: "Requests".
void collect_by_use(const json& resource, int depth, std::vector<std::string>& names) {
  if (depth > kDeepest) return;
  for (const auto& component : array_at(resource, "costComponents")) {
    const auto name = name_at(component, "name");
    if (member_at(component, "monthlyCost").is_null() && !name.empty() && names.size() < kMostUncounted) names.push_back(name);
  }
  for (const auto& below : array_at(resource, "subresources")) collect_by_use(below, depth + 1, names);
}

class Reader {
 public:
  explicit Reader(bool with_past) : with_past_(with_past) {}

  Result<void> read(const json& project) {
    const auto& breakdown = member_at(project, "breakdown");
    const auto complaints = complaints_of(project);
    // A project that it could not read at all is no project that costs nothing.
    const bool nothing_read = !breakdown.is_object() || (!complaints.empty() && array_at(breakdown, "resources").empty());
    if (nothing_read) return complaints.empty() ? corrupt("a project has no breakdown") : Error{ErrorKind::InvalidInput, "Infracost: " + complaints.front()};
    for (const auto& complaint : complaints) add_uncounted("Infracost says: " + complaint);
    if (with_past_) CHECK_OK(add_side(member_at(project, "pastBreakdown"), change_.before.micros, &CostLine::before_micros));
    CHECK_OK(add_side(breakdown, change_.after.micros, &CostLine::after_micros));
    for (const auto& resource : array_at(breakdown, "resources")) {
      std::vector<std::string> by_use;
      collect_by_use(resource, 0, by_use);
      if (!by_use.empty()) add_uncounted(fmt::format("{}: by its use ({})", name_at(resource, "name"), ellipsize(join(by_use, ", "), kLongestName)));
    }
    return Result<void>{};
  }

  void read_unsupported(const json& summary) {
    const auto& counts = member_at(summary, "unsupportedResourceCounts");
    if (!counts.is_object()) return;
    for (const auto& [type, count] : counts.items()) {
      if (count.is_number_integer() && count.get<std::int64_t>() > 0) {
        add_uncounted(fmt::format("{} of {}: Infracost has no prices for it", count.get<std::int64_t>(), ellipsize(without_control_characters(type), kLongestName)));
      }
    }
  }

  CostChange take() {
    for (auto& [name, line] : lines_) {
      if (line.before_micros != line.after_micros) change_.lines.push_back(std::move(line));
    }
    if (left_out_ > 0) change_.after.uncounted.push_back(fmt::format("{} more", left_out_));
    return std::move(change_);
  }

 private:
  static std::vector<std::string> complaints_of(const json& project) {
    std::vector<std::string> complaints;
    for (const auto& error : array_at(member_at(project, "metadata"), "errors")) {
      if (const auto message = name_at(error, "message"); !message.empty()) complaints.push_back(message);
    }
    return complaints;
  }

  Result<void> add_side(const json& breakdown, std::int64_t& total, std::int64_t CostLine::* side) {
    TRY(const auto whole, money_at(breakdown, "totalMonthlyCost"));
    if (__builtin_add_overflow(total, whole, &total)) return corrupt("the total is no amount of money");
    for (const auto& resource : array_at(breakdown, "resources")) {
      const auto name = name_at(resource, "name");
      TRY(const auto cost, money_at(resource, "monthlyCost"));
      auto& line = lines_[name];
      line.what = name;
      if (__builtin_add_overflow(line.*side, cost, &(line.*side))) return corrupt("a resource costs no amount of money");
    }
    return Result<void>{};
  }

  void add_uncounted(std::string words) {
    auto& uncounted = change_.after.uncounted;
    if (uncounted.size() < kMostUncounted) {
      uncounted.push_back(std::move(words));
    } else {
      ++left_out_;
    }
  }

  bool with_past_;
  CostChange change_;
  std::map<std::string, CostLine> lines_;
  std::size_t left_out_ = 0;
};

}  // namespace

std::optional<std::int64_t> micros_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::string digits;
  int scale = 0;  // digits behind the point
  bool behind = false;
  std::size_t place = 0;
  for (; place < text.size() && text[place] != 'e' && text[place] != 'E'; ++place) {
    const char c = text[place];
    if (c == '.' && !behind) {
      behind = true;
    } else if (c >= '0' && c <= '9') {
      digits += c;
      scale += behind ? 1 : 0;
    } else {
      return std::nullopt;
    }
  }
  if (digits.empty()) return std::nullopt;
  if (place < text.size()) {
    const auto exponent = text.substr(place + 1);
    const bool down = exponent.starts_with('-');
    const auto number = exponent.substr(down || exponent.starts_with('+') ? 1 : 0);
    if (number.empty() || number.size() > 3 || number.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    int value = 0;
    for (const char c : number) value = value * 10 + (c - '0');
    scale += down ? value : -value;
  }
  for (; scale < kMicroDigits && digits.size() < 64; ++scale) digits += '0';
  if (scale < kMicroDigits) return digits.find_first_not_of('0') == std::string::npos ? std::optional<std::int64_t>(0) : std::nullopt;
  const auto dropped = static_cast<std::size_t>(scale - kMicroDigits);
  // What is smaller than a millionth is rounded.
  const bool up = dropped > 0 && dropped <= digits.size() && digits[digits.size() - dropped] >= '5';
  digits.resize(digits.size() > dropped ? digits.size() - dropped : 0);
  std::int64_t micros = 0;
  for (const char c : digits) {
    if (__builtin_mul_overflow(micros, std::int64_t{10}, &micros) || __builtin_add_overflow(micros, std::int64_t{c - '0'}, &micros)) return std::nullopt;
  }
  if (up && __builtin_add_overflow(micros, std::int64_t{1}, &micros)) return std::nullopt;
  return negative ? -micros : micros;
}

void order_lines(std::vector<CostLine>& lines) {
  const auto size = [](const CostLine& line) {
    const auto rise = static_cast<double>(line.after_micros) - static_cast<double>(line.before_micros);
    return rise < 0 ? -rise : rise;
  };
  std::ranges::stable_sort(lines, [&](const CostLine& one, const CostLine& other) { return size(one) > size(other); });
  if (lines.size() > kMostLines) lines.resize(kMostLines);
}

namespace {

/// With all its lines.
Result<CostChange> read_all(std::string_view text, bool with_past) {
  const auto root = json::parse(text, nullptr, false);
  if (!root.is_object()) return corrupt("it is no JSON");
  const auto& projects = member_at(root, "projects");
  if (!projects.is_array() || projects.empty()) return corrupt("it names no project");
  Reader reader(with_past);
  for (const auto& project : projects) CHECK_OK(reader.read(project));
  reader.read_unsupported(member_at(root, "summary"));
  auto change = reader.take();
  change.currency = name_at(root, "currency");
  if (change.currency.empty()) return corrupt("it doesn't say in which currency");
  change.source = "Infracost";
  return change;
}

}  // namespace

Result<CostChange> parse(std::string_view text) {
  TRY(auto change, read_all(text, true));
  order_lines(change.lines);
  return change;
}

Result<CostChange> parse_files(std::string_view text) { return read_all(text, false); }

Result<CostChange> difference(CostChange before, CostChange after) {
  if (before.currency != after.currency) return corrupt("its parts are in several currencies");
  std::map<std::string, CostLine> lines;
  for (const auto& line : before.lines) lines[line.what].before_micros = line.after_micros;
  for (const auto& line : after.lines) lines[line.what].after_micros = line.after_micros;
  CostChange change;
  change.currency = std::move(after.currency);
  change.source = std::move(after.source);
  change.before = std::move(before.after);
  change.after = std::move(after.after);
  for (auto& [name, line] : lines) {
    if (line.before_micros == line.after_micros) continue;
    line.what = name;
    change.lines.push_back(std::move(line));
  }
  order_lines(change.lines);
  return change;
}

Result<void> add_to(CostChange& sum, CostChange part, const std::string& name) {
  if (sum.currency != part.currency) return corrupt("its parts are in several currencies");
  const bool fits = !__builtin_add_overflow(sum.before.micros, part.before.micros, &sum.before.micros) &&
                    !__builtin_add_overflow(sum.after.micros, part.after.micros, &sum.after.micros);
  if (!fits) return corrupt("the total is no amount of money");
  for (auto& line : part.lines) {
    line.what = name + ": " + line.what;
    sum.lines.push_back(std::move(line));
  }
  for (auto& words : part.after.uncounted) {
    if (sum.after.uncounted.size() < kMostUncounted) sum.after.uncounted.push_back(name + ": " + words);
  }
  order_lines(sum.lines);
  return Result<void>{};
}

}  // namespace driftwarden::infracost
