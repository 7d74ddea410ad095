#include "tests/unit/gitops/edit/random_documents.hpp"

#include <nlohmann/json.hpp>

#include <random>

namespace driftwarden::test {
namespace {

using nlohmann::json;

/// Plain as they stand.
const std::vector<std::string> kPlain{"web", "shop/web:1.2", "a b c", "http://x:80/a#b", "größe", "--flag=x", "50%", "a:b", "v1.2-rc", "x#y", "日本"};
/// Need quotes.
const std::vector<std::string> kQuoted{"",   " lead", "trail ",     "yes",         "1.0",   "null", "a: b",  "a #b", "- x", "{x}",
                                       "[y", "it's",  "say \"hi\"", "back\\slash", "*star", "&and", "!bang", "%pct", "@at", "tab\tin"};
const std::vector<std::string> kLines{"one\ntwo\n", "one\n\ntwo", "#!/bin/sh\necho 'x: y' # z\n", "a:\n  b: c\n", "x\n\n\n", "- a\n- b\n"};
const std::vector<std::string> kKeys{"image", "tag", "a.b/c", "größe", "with space", "x-y", "UPPER_CASE", "k0", "k1", "k2", "deep", "list"};

class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {
    step_ = one_of({1U, 2U, 2U, 2U, 3U, 4U, 8U});
    dash_ = one_of({0U, 0U, 2U, step_});
    flow_ = one_of({0U, 10U, 40U});
    comments_ = one_of({0U, 10U, 50U});
    quotes_ = one_of({0U, 20U, 80U});
  }

  RandomDocument write() {
    json model{{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", "c"}}}, {"data", map(0)}};
    if (chance(50)) model["spec"] = list(0);
    if (chance(30)) model["end"] = scalar();
    if (chance(30)) out_ += "# top\n\n";
    if (chance(20)) out_ += "--- # start\n";
    members(model, 0);
    if (chance(20)) out_ += "# bottom\n";
    if (chance(10)) out_ += "...\n";
    if (chance(20) && !block_last_) out_.pop_back();
    auto text = out_;
    if (chance(20)) text = windows(text);
    if (chance(10)) text = "\xEF\xBB\xBF" + text;
    return {{"", text, true}, model.dump()};
  }

 private:
  template <class T>
  T one_of(std::initializer_list<T> list) {
    return *(list.begin() + random_() % list.size());
  }
  const std::string& pick(const std::vector<std::string>& list) { return list[random_() % list.size()]; }
  bool chance(unsigned percent) { return random_() % 100 < percent; }

  static std::string windows(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '\n' ? "\r\n" : std::string(1, c);
    return out;
  }

  json scalar() {
    switch (random_() % 8) {
      case 0: return static_cast<int>(random_() % 10000) - 100;
      case 1: return chance(50);
      case 2: return nullptr;
      case 3: return pick(kQuoted);
      case 4: return pick(kLines);
      case 5: return 0.5 + static_cast<double>(random_() % 7);
      default: return pick(kPlain);
    }
  }
  json value(int depth) { return depth > 3 || chance(50) ? scalar() : chance(60) ? map(depth) : list(depth); }
  json map(int depth) {
    auto out = json::object();
    for (auto count = random_() % 5; count > 0; --count) out[pick(kKeys)] = value(depth + 1);
    return out;
  }
  json list(int depth) {
    auto out = json::array();
    for (auto count = random_() % 4; count > 0; --count)
      out.push_back(chance(30) ? json{{"name", "n" + std::to_string(count)}, {"value", scalar()}} : value(depth + 1));
    return out;
  }

  void comment_lines(std::size_t column) {
    if (chance(comments_ / 2)) out_ += std::string(column, ' ') + "# - about: it\n";
    // Behind a block that keeps its line ends a blank line would be part of it.
    if (chance(comments_ / 3) && !block_last_) out_ += "\n";
  }
  void end_line() {
    block_last_ = false;
    if (chance(10)) out_ += "  ";
    if (chance(comments_)) out_ += " # 'c: {";
    out_ += "\n";
  }

  std::string quoted(const std::string& text) {
    const bool one_line = text.find_first_of("\n\t") == std::string::npos;
    if (!one_line || chance(50)) return json(text).dump();
    std::string out = "'";
    for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
    return out + "'";
  }
  bool is_plain(const std::string& text) const {
    return std::find(kPlain.begin(), kPlain.end(), text) != kPlain.end() || std::find(kKeys.begin(), kKeys.end(), text) != kKeys.end();
  }
  std::string text_of(const json& value, bool in_flow) {
    if (value.is_null()) return in_flow ? "~" : one_of<const char*>({"~", "null", ""});
    if (value.is_boolean()) return value.get<bool>() ? one_of<const char*>({"true", "yes", "True"}) : one_of<const char*>({"false", "off"});
    if (!value.is_string()) return value.dump();
    const auto& text = value.get_ref<const std::string&>();
    const bool plain = (is_plain(text) || (text.size() == 2 && text[0] == 'n')) && !chance(quotes_);
    return plain ? text : quoted(text);
  }
  std::string key_text(const std::string& key) { return chance(quotes_ / 3) ? quoted(key) : key; }

  std::string flow_text(const json& value, std::size_t column) {
    if (!value.is_structured()) return text_of(value, true);
    const bool lines = !value.empty() && chance(25);
    const std::string gap = one_of<const char*>({"", "", " "});
    const auto item = "\n" + std::string(column + 2, ' ');
    std::string out(1, value.is_object() ? '{' : '[');
    bool first = true;
    for (const auto& [name, member] : value.items()) {
      if (!first) out += lines ? "," : ", ";
      first = false;
      out += lines ? item : out.size() == 1 ? gap : "";
      if (value.is_object()) out += key_text(name) + ": ";
      out += flow_text(member, column + 2);
    }
    if (lines && chance(40)) out += ",";
    out += lines ? "\n" + std::string(column, ' ') : value.empty() ? "" : gap;
    return out + (value.is_object() ? "}" : "]");
  }

  /// After "key:" or "-".
  void inline_value(const json& value, std::size_t column) {
    const auto* text = value.get_ptr<const json::string_t*>();
    if (text != nullptr && text->find('\n') != std::string::npos && text->front() != '\n' && chance(70)) return literal(*text, column);
    const auto shown = value.is_structured() ? flow_text(value, column + 1) : text_of(value, false);
    if (!shown.empty()) out_ += std::string(chance(10) ? 3 : 1, ' ') + (chance(5) ? "&a" + std::to_string(anchors_++) + " " : "") + shown;
    end_line();
  }
  void literal(const std::string& text, std::size_t column) {
    const auto inner = std::string(column + step_, ' ');
    const auto last = text.find_last_not_of('\n');
    const auto line_ends = text.size() - last - 1;
    out_ += std::string(" |") + (line_ends == 0 ? "-" : line_ends == 1 ? "" : "+") + (chance(comments_) ? " # block" : "") + "\n";
    std::size_t start = 0;
    while (start < text.size()) {
      const auto stop = std::min(text.find('\n', start), text.size());
      if (stop > start) out_ += inner + text.substr(start, stop - start);
      out_ += "\n";
      start = stop + 1;
    }
    block_last_ = true;
  }

  void members(const json& map, std::size_t column, bool first_beside = false) {
    std::vector<std::string> names;
    for (const auto& [name, member] : map.items()) names.push_back(name);
    std::shuffle(names.begin(), names.end(), random_);
    for (const auto& name : names) {
      if (!first_beside) {
        comment_lines(column);
        out_ += std::string(column, ' ');
      }
      first_beside = false;
      out_ += key_text(name) + (chance(5) ? " :" : ":");
      const auto& member = map[name];
      if (!member.is_structured() || member.empty() || chance(flow_)) {
        inline_value(member, column);
      } else {
        if (chance(5)) out_ += " &a" + std::to_string(anchors_++);
        end_line();
        member.is_object() ? members(member, column + step_) : elements(member, column + dash_);
      }
    }
  }
  void elements(const json& list, std::size_t column, bool first_beside = false) {
    for (const auto& item : list) {
      if (!first_beside) {
        comment_lines(column);
        out_ += std::string(column, ' ');
      }
      first_beside = false;
      // The parser refuses an empty element whose dash is at its key.
      out_ += item.is_null() ? "- ~" : "-";
      if (item.is_null()) {
        end_line();
        continue;
      }
      if (!item.is_structured() || item.empty() || chance(flow_)) {
        inline_value(item, column);
        continue;
      }
      const auto gap = one_of({1U, 1U, 1U, 3U});
      const bool below = chance(10);
      if (below) {
        end_line();
      } else {
        out_ += std::string(gap, ' ');
      }
      const auto inner = column + 1 + gap;
      item.is_object() ? members(item, inner, !below) : elements(item, inner, !below);
    }
  }

  std::mt19937 random_;
  unsigned step_ = 2;
  unsigned dash_ = 0;
  unsigned flow_ = 0;
  unsigned comments_ = 0;
  unsigned quotes_ = 0;
  int anchors_ = 0;
  bool block_last_ = false;
  std::string out_;
};

}  // namespace

RandomDocument random_document(unsigned seed) {
  auto out = Writer(seed).write();
  out.sample.name = "Seed" + std::to_string(seed);
  return out;
}

std::vector<NastySample> random_samples(unsigned first_seed, unsigned count) {
  std::vector<NastySample> out;
  for (unsigned i = 0; i < count; ++i) out.push_back(random_document(first_seed + i).sample);
  return out;
}

}  // namespace driftwarden::test
