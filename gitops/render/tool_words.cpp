#include "gitops/render/tool_words.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/base/replace.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxBytes = 700;
constexpr std::size_t kMaxPrinted = 64U << 10U;
constexpr std::size_t kShortestSecret = 4;
constexpr const char* kHidden = "***";

/// Values that must not be shown, collected from what was rendered.
class Secrets {
 public:
  void add_file(const SourceFile& file) {
    const bool is_yaml = file.path.ends_with(".yaml") || file.path.ends_with(".yml") || file.path.ends_with(".json") || is_kustomization(file.path);
    if (file.path.ends_with(".env")) return add_lines(file.content);
    if (!is_yaml) return;
    const auto documents = parse_yaml(file.content, file.path);
    if (!documents) return;  // a template
    for (const auto& document : *documents) add_members(document, false);
  }
  void add(std::string_view value) {
    for (const auto& line : split(value, '\n')) {
      if (trim(line).size() >= kShortestSecret) values_.emplace(trim(line));
    }
  }
  void hide_in(std::string& text) const {
    std::vector<std::string> longest_first(values_.begin(), values_.end());
    std::ranges::stable_sort(longest_first, [](const auto& a, const auto& b) { return a.size() > b.size(); });
    for (const auto& value : longest_first) replace_all(text, value, kHidden);
  }

 private:
  void add_lines(std::string_view text) {
    for (const auto& line : split(text, '\n')) {
      const auto equals = line.find('=');
      if (equals != std::string::npos) add(line.substr(equals + 1));
    }
  }

  void add_members(const json& value, bool all) {
    if (value.is_array()) {
      for (const auto& item : value) add_members(item, all);
    } else if (!value.is_object()) {
      if (all) add_scalar(value);
    } else {
      const bool is_secret = value.value("kind", json()) == json("Secret");
      for (const auto& [name, item] : value.items()) {
        if (name == "secretGenerator") add_generators(item);
        if (!item.is_structured() && Redactor::is_sensitive_name(name)) add_scalar(item);
        add_members(item, all || (is_secret && (name == "data" || name == "stringData")));
      }
    }
  }

  void add_scalar(const json& value) {
    if (value.is_number()) add(value.dump());
    if (value.is_string()) add_text(value.get<std::string>());
  }

  void add_text(const std::string& text) {
    add(text);
    if (const auto decoded = base64_decode(text)) add(*decoded);
  }

  void add_generators(const json& generators) {
    for (const auto& generator : generators) {
      if (!generator.is_object() || !generator.contains("literals")) continue;
      for (const auto& literal : generator.at("literals")) {
        if (literal.is_string()) add_lines(literal.get<std::string>());
      }
    }
  }

  std::set<std::string> values_;
};

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.'; }
bool is_gap(char c) { return c == ' ' || c == '"' || c == '\''; }

/// The name before the sign at `at`: `"password" : `.
std::string_view name_before(std::string_view text, std::size_t at) {
  auto end = at;
  while (end > 0 && is_gap(text[end - 1])) --end;
  auto begin = end;
  while (begin > 0 && is_name(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

std::size_t end_of_value(std::string_view text, std::size_t at) {
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) return std::min(text.find(text[at], at + 1), text.size());
  return std::min(text.find_first_of(" ,;}]\n", at), text.size());
}

/// `password: hunter2`, `token=abc`.
void hide_assignments(std::string& text) {
  std::string shown;
  std::size_t told = 0;
  for (auto at = text.find_first_of(":="); at != std::string::npos; at = text.find_first_of(":=", at + 1)) {
    if (!Redactor::is_sensitive_name(name_before(text, at))) continue;
    auto value = at + 1;
    while (value < text.size() && text[value] == ' ') ++value;
    const auto end = end_of_value(text, value);
    if (end <= value) continue;
    shown += text.substr(told, value - told) + kHidden;
    told = end;
    at = end - 1;
  }
  text = shown + text.substr(told);
}

bool is_noise(std::string_view line) {
  return line.empty() || line.starts_with("WARNING:") || line.starts_with("# Warning:") || line.starts_with("walk.go:") || line.starts_with("coalesce.go:") ||
         line.starts_with("Use --debug") || line.find(" warning: ") != std::string_view::npos;
}

/// helm's includes that include: of a long chain the first link and the last, which says why.
std::string without_chain(std::string_view line) {
  static constexpr std::string_view kLink = ": error calling include: ";
  const auto first = line.find(kLink);
  const auto last = line.rfind(kLink);
  if (first == std::string_view::npos || first == last) return std::string(line);
  const auto before = line.rfind(kLink, last - 1);
  if (before == first) return std::string(line);
  return fmt::format("{}\u2026 {}", line.substr(0, first + kLink.size()), line.substr(before + kLink.size()));
}

std::string without_chains(std::string_view printed) {
  std::string shown;
  for (std::size_t at = 0; at < printed.size();) {
    const auto end = std::min(printed.find('\n', at), printed.size());
    shown += without_chain(printed.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return shown;
}

std::string_view without_noise_at_its_end(std::string_view printed) {
  while (!printed.empty()) {
    const auto begin = printed.rfind('\n') + 1;  // npos + 1 is 0
    if (!is_noise(trim(printed.substr(begin)))) break;
    printed = printed.substr(0, begin == 0 ? 0 : begin - 1);
  }
  return printed;
}

/// Of very much, whole lines from both ends; of a line that is longer than that, its end.
std::string ends_of(std::string_view printed) {
  printed = without_noise_at_its_end(printed);
  if (printed.size() <= kMaxPrinted) return std::string(printed);
  auto head = printed.substr(0, kMaxPrinted / 2);
  auto tail = printed.substr(printed.size() - kMaxPrinted / 2);
  head = head.substr(0, head.find_last_of(head.find('\n') == std::string_view::npos ? " " : "\n"));
  if (const auto begin = tail.find('\n'); begin != std::string_view::npos) tail.remove_prefix(begin + 1);
  return fmt::format("{}\n\u2026\n{}", head, tail);
}

/// What was tried stands in front, why it failed at the end.
std::string without_middle(std::string_view text, std::size_t bytes) {
  static constexpr std::string_view kGap = " \u2026 ";
  if (text.size() <= bytes) return std::string(text);
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U; };
  auto head = (bytes - kGap.size()) / 2;
  auto tail = text.size() - (bytes - kGap.size() - head);
  while (head > 0 && continues(head)) --head;
  while (tail < text.size() && continues(tail)) ++tail;
  return fmt::format("{}{}{}", trim(text.substr(0, head)), kGap, trim(text.substr(tail)));
}

std::string one_line(std::string_view printed) {
  const auto shown = printed.size() <= kMaxBytes ? std::string(printed) : ends_of(without_chains(printed));
  std::vector<std::string> kept;
  for (const auto& line : split(shown, '\n')) {
    auto text = trim(line);
    if (is_noise(text)) continue;
    for (const std::string_view prefix : {"Error: ", "error: "}) {
      if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    }
    kept.emplace_back(text);
  }
  return join(kept, "; ");
}

}  // namespace

std::string in_short(const ToolWords& words, const std::vector<SourceFile>& files, const App& app) {
  auto text = one_line(words.printed);
  replace_all(text, std::string(words.root) + "/", "");
  replace_all(text, words.root, "the repository");
  if (!words.outer.empty()) replace_all(text, std::string(words.outer) + "/", "");
  Secrets secrets;
  for (const auto& file : files) secrets.add_file(file);
  for (const auto* set : {&app.helm.set, &app.helm.set_string}) {
    for (const auto& [name, value] : *set) {
      if (Redactor::is_sensitive_name(name)) secrets.add(value);
    }
  }
  secrets.add_file({"values.yaml", app.helm.inline_values});
  secrets.hide_in(text);
  hide_assignments(text);
  if (!words.chart_name.empty()) {
    const auto chart = std::string(words.chart_name) + "/";
    const auto path = words.path.empty() ? std::string() : std::string(words.path) + "/";
    for (const std::string_view folder : {"templates/", "charts/", "crds/", "values.yaml"}) {
      for (const std::string_view before : {" ", "(", "\""}) replace_all(text, fmt::format("{}{}{}", before, chart, folder), fmt::format("{}{}{}", before, path, folder));
      if (text.starts_with(chart + std::string(folder))) text.replace(0, chart.size(), path);
    }
  }
  text = without_control_characters(text);
  return text.empty() ? "it gave no reason" : without_middle(text, kMaxBytes);
}

}  // namespace driftwarden
