#include "bot/config/yaml_tree.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>
#include <libfyaml.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace driftwarden {
namespace {

constexpr std::size_t kMaxNodes = 200'000;
constexpr std::size_t kMaxDepth = 64;

std::string text_of(fy_token* token) {
  if (token == nullptr) return {};
  std::size_t size = 0;
  const char* text = fy_token_get_text(token, &size);
  return text == nullptr ? std::string() : std::string(text, size);
}

/// The library's parser and diagnostics, freed together.
class Events {
 public:
  explicit Events(std::string_view text) {
    fy_diag_cfg diag_config{};
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = nullptr;
    diag_config.output_fn = [](fy_diag*, void*, const char*, std::size_t) {};
    diag_ = fy_diag_create(&diag_config);
    fy_diag_set_collect_errors(diag_, true);
    fy_parse_cfg config{};
    config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DISABLE_DEPTH_LIMIT | FYPCF_JSON_NONE | FYPCF_ALLOW_DUPLICATE_KEYS);
    config.diag = diag_;
    parser_ = fy_parser_create(&config);
    if (parser_ != nullptr) fy_parser_set_string(parser_, text.data(), text.size());
  }
  ~Events() {
    release();
    if (parser_ != nullptr) fy_parser_destroy(parser_);
    if (diag_ != nullptr) fy_diag_destroy(diag_);
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  /// Valid until the next one; null at the end or on an error.
  fy_event* next() {
    release();
    if (parser_ != nullptr) event_ = fy_parser_parse(parser_);
    return event_;
  }
  const fy_diag_error* error() const {
    void* previous = nullptr;
    return fy_diag_errors_iterate(diag_, &previous);
  }

 private:
  void release() {
    if (event_ != nullptr) fy_parser_event_free(parser_, event_);
    event_ = nullptr;
  }
  fy_diag* diag_ = nullptr;
  fy_parser* parser_ = nullptr;
  fy_event* event_ = nullptr;
};

/// Stops at the first thing it can't read; `mistakes` says what.
class Builder {
 public:
  Builder(std::string_view text, const ConfigSource& source, std::vector<ConfigMistake>& mistakes) : events_(text), source_(source), mistakes_(mistakes) {}

  ConfigNode build() {
    ConfigNode root = empty();
    int documents = 0;
    while (auto* event = events_.next()) {
      if (event->type != FYET_DOCUMENT_START) continue;
      auto* first = events_.next();
      if (first == nullptr) break;
      if (first->type == FYET_DOCUMENT_END) continue;
      if (++documents > 1) {
        fail(place(first), "a second document", "one document in a file");
        break;
      }
      root = node(first, 0);
      if (failed_) break;
    }
    if (!failed_) syntax_error();
    return failed_ ? empty() : std::move(root);
  }

 private:
  ConfigNode empty() const {
    ConfigNode node;
    node.source = &source_;
    return node;
  }

  ConfigNode place(fy_event* event) const {
    auto node = empty();
    if (const auto* mark = fy_event_start_mark(event); mark != nullptr) {
      node.line = mark->line + 1;
      node.column = mark->column + 1;
    }
    return node;
  }

  void fail(const ConfigNode& where, std::string what, std::string expected) {
    if (!failed_) mistakes_.push_back(mistake_at(where, std::move(what), std::move(expected)));
    failed_ = true;
  }

  void syntax_error() {
    const auto* error = events_.error();
    if (error == nullptr) return;
    auto where = empty();
    where.line = std::max(1, error->line);
    where.column = std::max(1, error->column);
    fail(where, error->msg == nullptr ? "broken YAML" : error->msg, "valid YAML");
  }

  ConfigNode node(fy_event* event, std::size_t depth) {
    auto out = place(event);
    if (depth > kMaxDepth) fail(out, "nested too deep", fmt::format("at most {} levels", kMaxDepth));
    if (++nodes_ > kMaxNodes) fail(out, "too many values", fmt::format("at most {}", kMaxNodes));
    if (failed_) return out;
    switch (event->type) {
      case FYET_ALIAS: return alias(text_of(event->alias.anchor), std::move(out));
      case FYET_SCALAR: {
        const auto anchor = text_of(event->scalar.anchor);
        out.text = text_of(event->scalar.value);
        out.plain = event->scalar.value == nullptr || fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;
        const bool is_null = out.plain && (out.text.empty() || out.text == "~" || out.text == "null");
        out.kind = is_null ? ConfigNode::Kind::Null : ConfigNode::Kind::Scalar;
        if (is_quoted(event)) --out.column;  // the mark is behind the quote
        remember(anchor, out);
        return out;
      }
      case FYET_SEQUENCE_START: {
        const auto anchor = text_of(event->sequence_start.anchor);
        out.kind = ConfigNode::Kind::List;
        list(out, depth);
        remember(anchor, out);
        return out;
      }
      case FYET_MAPPING_START: {
        const auto anchor = text_of(event->mapping_start.anchor);
        out.kind = ConfigNode::Kind::Map;
        map(out, depth);
        remember(anchor, out);
        return out;
      }
      default: fail(out, "broken YAML", "valid YAML"); return out;
    }
  }

  static bool is_quoted(fy_event* event) {
    if (event->scalar.value == nullptr) return false;
    const auto style = fy_token_scalar_style(event->scalar.value);
    return style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
  }

  void list(ConfigNode& out, std::size_t depth) {
    while (!failed_) {
      auto* event = events_.next();
      if (event == nullptr) return syntax_error();
      if (event->type == FYET_SEQUENCE_END) return;
      const bool placed = fy_event_start_mark(event) != nullptr;
      out.items.push_back(node(event, depth + 1));
      if (!placed) std::tie(out.items.back().line, out.items.back().column) = std::pair{out.line, out.column};
    }
  }

  void map(ConfigNode& out, std::size_t depth) {
    while (!failed_) {
      auto* event = events_.next();
      if (event == nullptr) return syntax_error();
      if (event->type == FYET_MAPPING_END) return;
      auto key = node(event, depth + 1);
      auto* value = events_.next();
      if (value == nullptr) return syntax_error();
      const bool placed = fy_event_start_mark(value) != nullptr;
      auto read = node(value, depth + 1);
      if (failed_) return;
      if (!placed) std::tie(read.line, read.column) = std::pair{key.line, key.column};
      if (key.kind == ConfigNode::Kind::List || key.kind == ConfigNode::Kind::Map) {
        mistakes_.push_back(mistake_at(key, describe(key) + " as a key", "a name"));
      } else if (const auto* earlier = out.find(key.text)) {
        mistakes_.push_back(mistake_at(key, fmt::format("\"{}\" is given twice", key.text), fmt::format("it once (first at line {})", earlier->line)));
      } else {
        out.entries.push_back({std::move(key), std::move(read)});
      }
    }
  }

  void remember(const std::string& anchor, const ConfigNode& node) {
    if (!anchor.empty() && !failed_) anchors_.insert_or_assign(anchor, node);
  }

  static std::size_t count(const ConfigNode& node) {
    std::size_t sum = 1;
    for (const auto& item : node.items) sum += count(item);
    for (const auto& entry : node.entries) sum += 1 + count(entry.value);
    return sum;
  }

  ConfigNode alias(const std::string& name, ConfigNode where) {
    where.column = std::max(1, where.column - 1);
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      fail(where, fmt::format("unknown anchor \"{}\"", name), fmt::format("&{} further up", name));
      return where;
    }
    nodes_ += count(found->second);
    if (nodes_ > kMaxNodes) {
      fail(where, "too many values once anchors are followed", fmt::format("at most {}", kMaxNodes));
      return where;
    }
    return found->second;
  }

  Events events_;
  const ConfigSource& source_;
  std::vector<ConfigMistake>& mistakes_;
  std::map<std::string, ConfigNode> anchors_;
  std::size_t nodes_ = 0;
  bool failed_ = false;
};

const ConfigNode* name_of(const ConfigNode& node) { return node.kind == ConfigNode::Kind::Map ? node.find("name") : nullptr; }

void merge_list(ConfigNode& into, ConfigNode from, std::vector<ConfigMistake>& mistakes) {
  const auto already = into.items.size();
  for (auto& item : from.items) {
    const auto* name = name_of(item);
    const auto end = into.items.begin() + static_cast<std::ptrdiff_t>(already);
    const auto same = name == nullptr ? end : std::find_if(into.items.begin(), end, [&](const ConfigNode& other) {
      const auto* theirs = name_of(other);
      return theirs != nullptr && theirs->text == name->text;
    });
    if (same == end) {
      into.items.push_back(std::move(item));
      continue;
    }
    std::erase_if(item.entries, [](const ConfigNode::Entry& entry) { return entry.key.text == "name"; });
    merge_yaml(*same, std::move(item), mistakes);
  }
}

/// A password that somebody put into an address must not come back in a message.
std::string without_user_info(std::string text) {
  const auto scheme = text.find("://");
  if (scheme == std::string::npos) return text;
  const auto at = text.find_last_of('@', text.find('/', scheme + 3));
  if (at == std::string::npos || at < scheme) return text;
  return text.substr(0, scheme + 3) + "..." + text.substr(at);
}

}  // namespace

const ConfigNode* ConfigNode::find(std::string_view key) const {
  const auto found = std::ranges::find_if(entries, [&](const Entry& entry) { return entry.key.text == key; });
  return found == entries.end() ? nullptr : &found->value;
}

std::string describe(const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::Null: return "nothing";
    case ConfigNode::Kind::Scalar: return fmt::format("\"{}\"", ellipsize(without_user_info(without_control_characters(node.text)), 60));
    case ConfigNode::Kind::List: return "a list";
    case ConfigNode::Kind::Map: return "a mapping";
  }
  return "?";
}

ConfigMistake mistake_at(const ConfigNode& node, std::string what, std::string expected) {
  return {.file = node.source == nullptr ? "" : node.source->name,
          .line = node.line,
          .column = node.column,
          .what = std::move(what),
          .expected = std::move(expected)};
}

ConfigNode parse_yaml_tree(std::string_view text, const ConfigSource& source, std::vector<ConfigMistake>& mistakes) {
  return Builder{text, source, mistakes}.build();
}

void merge_yaml(ConfigNode& into, ConfigNode from, std::vector<ConfigMistake>& mistakes) {
  for (auto& entry : from.entries) {
    const auto same = std::ranges::find_if(into.entries, [&](const ConfigNode::Entry& other) { return other.key.text == entry.key.text; });
    if (same == into.entries.end() || same->value.kind == ConfigNode::Kind::Null) {
      if (same != into.entries.end()) into.entries.erase(same);
      into.entries.push_back(std::move(entry));
    } else if (same->value.kind == ConfigNode::Kind::Map && entry.value.kind == ConfigNode::Kind::Map) {
      merge_yaml(same->value, std::move(entry.value), mistakes);
    } else if (same->value.kind == ConfigNode::Kind::List && entry.value.kind == ConfigNode::Kind::List) {
      merge_list(same->value, std::move(entry.value), mistakes);
    } else if (entry.value.kind != ConfigNode::Kind::Null) {
      mistakes.push_back(mistake_at(entry.key, fmt::format("\"{}\" is given already", entry.key.text),
                                    fmt::format("it in one file only (first at {}:{})", same->key.source->name, same->key.line)));
    }
  }
}

}  // namespace driftwarden
