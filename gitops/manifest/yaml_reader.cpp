#include "gitops/manifest/yaml_reader.hpp"

#include "gitops/base/crypto.hpp"
#include "gitops/manifest/empty_blocks.hpp"
#include "gitops/manifest/text_checks.hpp"
#include "gitops/manifest/yaml_scalar.hpp"

#include <fmt/core.h>
#include <libfyaml.h>

#include <cmath>
#include <map>
#include <optional>
#include <set>

namespace driftwarden {
namespace {

using nlohmann::json;

struct Mark {
  int line = 0;  ///< 1-based
  int column = 0;
};

Error at(const std::string& file, Mark mark, std::string_view what) {
  return Error{ErrorKind::InvalidInput, fmt::format("{}:{}:{}: {}", file, mark.line, mark.column, what)};
}

Mark mark_of(fy_event* event) {
  const auto* mark = fy_event_start_mark(event);
  return mark == nullptr ? Mark{1, 1} : Mark{mark->line + 1, mark->column + 1};
}

std::string text_of(fy_token* token) {
  if (token == nullptr) return {};
  std::size_t size = 0;
  const char* text = fy_token_get_text(token, &size);
  return text == nullptr ? std::string() : std::string(text, size);
}

struct Anchored {
  json value;
  std::size_t nodes = 0;
};

/// The library's parser and diagnostics, freed together.
class Events {
 public:
  Events(std::string_view text) {
    fy_diag_cfg diag_config{};
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = nullptr;
    diag_config.output_fn = [](fy_diag*, void*, const char*, std::size_t) {};
    diag_ = fy_diag_create(&diag_config);
    fy_diag_set_collect_errors(diag_, true);
    fy_parse_cfg config{};
    config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_SLOPPY_FLOW_INDENTATION | FYPCF_DISABLE_DEPTH_LIMIT |
                                                   FYPCF_DEFAULT_VERSION_1_1 | FYPCF_JSON_NONE | FYPCF_ALLOW_DUPLICATE_KEYS);
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

  /// The next event, valid until the one after it; null at the end or on an error.
  fy_event* next() {
    release();
    if (parser_ != nullptr) event_ = fy_parser_parse(parser_);
    return event_;
  }
  bool failed() const { return parser_ == nullptr || fy_parser_get_stream_error(parser_); }

  Error error(const std::string& file) const {
    void* previous = nullptr;
    if (const auto* first = fy_diag_errors_iterate(diag_, &previous); first != nullptr) {
      return at(file, {first->line + (first->line < 1 ? 1 : 0), first->column + (first->column < 1 ? 1 : 0)},
                first->msg == nullptr ? "broken YAML" : first->msg);
    }
    return at(file, {1, 1}, "broken YAML");
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

class Reader {
 public:
  Reader(std::string_view text, const std::string& file, const ParseLimits& limits) : text_(text), events_(text), file_(file), limits_(limits) {}

  Result<std::vector<YamlDocument>> read() {
    std::vector<YamlDocument> documents;
    while (auto* event = events_.next()) {
      if (event->type != FYET_DOCUMENT_START) continue;
      anchors_.clear();
      TRY(auto* first, next());
      if (first->type == FYET_DOCUMENT_END) continue;
      const int line = mark_of(first).line;
      json value;
      CHECK_OK(node(first, 0, value));
      if (!value.is_null()) documents.push_back({std::move(value), line});
    }
    if (events_.failed()) return events_.error(file_);
    return documents;
  }

 private:
  Result<fy_event*> next() {
    auto* event = events_.next();
    if (event == nullptr) return events_.error(file_);
    return event;
  }

  Result<void> count(std::size_t nodes, Mark where) {
    nodes_ += nodes;
    if (nodes_ > limits_.max_nodes) return at(file_, where, fmt::format("more than {} values once aliases are followed", limits_.max_nodes));
    return {};
  }

  // Values are handed out by reference: json takes part in too many implicit conversions to live in a Result.
  Result<void> node(fy_event* event, std::size_t depth, json& out) {
    const auto where = mark_of(event);
    if (depth > limits_.max_depth) return at(file_, where, fmt::format("nested deeper than {} levels", limits_.max_depth));
    if (event->type == FYET_ALIAS) return alias(text_of(event->alias.anchor), {where.line, where.column - 1}, out);
    CHECK_OK(count(1, where));
    const auto before = nodes_;
    if (event->type == FYET_SCALAR) {
      const auto anchor = text_of(event->scalar.anchor);
      CHECK_OK(scalar(event, where, out));
      remember(anchor, out, before);
      return {};
    }
    const bool is_map = event->type == FYET_MAPPING_START;
    const auto anchor = text_of(is_map ? event->mapping_start.anchor : event->sequence_start.anchor);
    if (!anchor.empty()) open_.insert(anchor);
    CHECK_OK(is_map ? mapping(depth, out) : sequence(depth, out));
    open_.erase(anchor);
    remember(anchor, out, before);
    return {};
  }

  void remember(const std::string& anchor, const json& value, std::size_t nodes_before) {
    if (!anchor.empty()) anchors_.insert_or_assign(anchor, Anchored{value, nodes_ - nodes_before + 1});
  }

  Result<void> alias(const std::string& name, Mark where, json& out) {
    if (open_.contains(name)) return at(file_, where, fmt::format("anchor '{}' contains itself", name));
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) return at(file_, where, fmt::format("unknown anchor '{}'", name));
    CHECK_OK(count(found->second.nodes, where));
    out = found->second.value;
    return {};
  }

  static bool is_block_scalar(fy_event* event) {
    if (event->type != FYET_SCALAR || event->scalar.value == nullptr) return false;
    const auto style = fy_token_scalar_style(event->scalar.value);
    return style == FYSS_LITERAL || style == FYSS_FOLDED;
  }

  /// A block scalar that the end of the text cuts off has no final newline; the library adds one.
  bool ends_without_newline(fy_event* event) const {
    return is_block_scalar(event) && !text_.ends_with('\n') && fy_token_end_mark(event->scalar.value)->input_pos >= text_.size();
  }

  Result<void> scalar(fy_event* event, Mark where, json& out) {
    auto text = text_of(event->scalar.value);
    if (text.ends_with('\n') && ends_without_newline(event)) text.pop_back();
    const auto tag = text_of(event->scalar.tag);
    const bool plain = event->scalar.value == nullptr || fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;
    if (tag.ends_with("binary")) {
      auto bytes = base64_decode(text);
      if (!bytes || find_bad_byte(*bytes)) return at(file_, where, "!!binary value is not base64 of text");
      out = *std::move(bytes);
      return {};
    }
    if (!is_utf8(text)) return at(file_, where, "an escape here doesn't spell a character");
    const bool resolvable = tag.ends_with(":int") || tag.ends_with(":float") || tag.ends_with(":bool") || tag.ends_with(":null");
    if (!resolvable && (!plain || !tag.empty())) {
      out = std::move(text);
      return {};
    }
    out = resolve_plain_scalar(text);
    if (out.is_number_float() && !std::isfinite(out.get<double>())) {
      return at(file_, where, fmt::format("'{}' is infinity or not-a-number, which JSON can't hold; quote it", text));
    }
    return {};
  }

  Result<void> sequence(std::size_t depth, json& out) {
    out = json::array();
    while (true) {
      TRY(auto* event, next());
      if (event->type == FYET_SEQUENCE_END) return {};
      json value;
      CHECK_OK(node(event, depth + 1, value));
      out.push_back(std::move(value));
    }
  }

  static bool is_merge(fy_event* event) {
    return event->type == FYET_SCALAR && event->scalar.value != nullptr && fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN &&
           text_of(event->scalar.value) == "<<";
  }

  Result<void> mapping(std::size_t depth, json& out) {
    out = json::object();
    while (true) {
      TRY(auto* event, next());
      if (event->type == FYET_MAPPING_END) return {};
      const auto where = mark_of(event);
      const bool merging = is_merge(event);
      json key;
      json value;
      CHECK_OK(node(event, depth + 1, key));
      TRY(auto* value_event, next());
      CHECK_OK(node(value_event, depth + 1, value));
      if (merging) {
        CHECK_OK(merge(out, std::move(value), where));
        continue;
      }
      auto name = key_text(key);
      if (!name) return at(file_, where, key.is_structured() ? "a map or list can't be a key" : "null can't be a key");
      out[*std::move(name)] = std::move(value);
    }
  }

  /// go-yaml v2 merges where it meets `<<`: later keys win over it, earlier ones lose. In a list of maps the first wins.
  Result<void> merge(json& map, json value, Mark where) {
    if (value.is_array()) {
      for (auto item = value.rbegin(); item != value.rend(); ++item) CHECK_OK(merge(map, std::move(*item), where));
      return {};
    }
    if (!value.is_object()) return at(file_, where, "'<<' needs a map or a list of maps");
    for (auto& [key, item] : value.items()) map[key] = std::move(item);
    return {};
  }

  std::string_view text_;
  Events events_;
  const std::string& file_;
  const ParseLimits& limits_;
  std::size_t nodes_ = 0;
  std::map<std::string, Anchored> anchors_;
  std::set<std::string> open_;
};

/// kubectl takes a text that starts with a brace for JSON; so do we, and fall back to YAML's flow style.
std::optional<json> read_json(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return std::nullopt;
  auto value = json::parse(text.begin(), text.end(), nullptr, false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

}  // namespace

Result<std::vector<YamlDocument>> read_documents(std::string_view text, const std::string& file, const ParseLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error{ErrorKind::InvalidInput, fmt::format("{}: {} bytes, more than the {} that are read", file, text.size(), limits.max_bytes)};
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (auto bad = find_bad_byte(text)) return at(file, {bad->line, bad->column}, bad->what);
  if (bracket_depth(text) <= limits.max_depth) {
    if (auto value = read_json(text)) {
      if (count_values(text) > limits.max_nodes) return at(file, {1, 1}, fmt::format("more than {} values", limits.max_nodes));
      std::vector<YamlDocument> documents;
      documents.push_back({*std::move(value), 1});
      return documents;
    }
  }
  const auto unified = with_quoted_empty_blocks(std::string(with_unix_line_ends(text)));
  return Reader(unified, file, limits).read();
}

Result<std::vector<json>> parse_yaml(std::string_view text, const std::string& file, const ParseLimits& limits) {
  TRY(auto documents, read_documents(text, file, limits));
  std::vector<json> values;
  values.reserve(documents.size());
  for (auto& document : documents) values.push_back(std::move(document.value));
  return values;
}

}  // namespace driftwarden
