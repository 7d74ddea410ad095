#include "gitops/edit/yaml_tree.hpp"

#include "gitops/manifest/yaml_scalar.hpp"

#include <fmt/core.h>
#include <libfyaml.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>

namespace driftwarden {
namespace {

using Kind = YamlNode::Kind;
using Style = YamlNode::Style;
constexpr auto kNowhere = std::string_view::npos;

std::string text_of(fy_token* token) {
  std::size_t size = 0;
  const char* text = token == nullptr ? nullptr : fy_token_get_text(token, &size);
  return text == nullptr ? std::string() : std::string(text, size);
}

struct Marks {
  std::size_t start = 0;
  std::size_t end = 0;
};

Marks marks_of(fy_event* event) {
  const auto* start = fy_event_start_mark(event);
  const auto* end = fy_event_end_mark(event);
  return {start == nullptr ? 0 : start->input_pos, end == nullptr ? 0 : end->input_pos};
}

/// Even a quiet parser writes to stderr unless it is given somewhere else to write.
fy_diag* make_silent_diag() {
  fy_diag_cfg config{};
  fy_diag_cfg_default(&config);
  config.fp = nullptr;
  config.output_fn = [](fy_diag*, void*, const char*, std::size_t) {};
  auto* diag = fy_diag_create(&config);
  fy_diag_set_collect_errors(diag, true);
  return diag;
}

class Builder {
 public:
  Builder(std::string_view text, const std::string& file)
      : text_(text), file_(file), diag_(make_silent_diag(), &fy_diag_destroy), parser_(nullptr, &fy_parser_destroy) {
    fy_parse_cfg config{};
    config.diag = diag_.get();
    config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_SLOPPY_FLOW_INDENTATION | FYPCF_DISABLE_DEPTH_LIMIT | FYPCF_DEFAULT_VERSION_1_1 |
                                                   FYPCF_JSON_NONE | FYPCF_ALLOW_DUPLICATE_KEYS | FYPCF_COLLECT_DIAG);
    parser_.reset(fy_parser_create(&config));
    if (parser_) fy_parser_set_string(parser_.get(), text.data(), text.size());
  }
  ~Builder() { release(); }
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  Result<YamlTree> build() {
    while (auto* event = next()) {
      if (event->type != FYET_DOCUMENT_START) continue;
      anchors_.clear();
      auto* first = next();
      if (first == nullptr) break;
      if (first->type == FYET_DOCUMENT_END) continue;
      auto root = node(first, kNowhere, false);
      const bool empty = root.kind == Kind::Scalar && root.style == Style::Plain && !root.tagged && resolve_plain_scalar(root.text).is_null();
      if (!empty && !failed_) tree_.documents.push_back(std::move(root));
    }
    if (failed_ || !parser_ || fy_parser_get_stream_error(parser_.get())) {
      return Error{ErrorKind::InvalidInput, fmt::format("{}: this YAML can be read but not be edited", file_)};
    }
    return std::move(tree_);
  }

 private:
  fy_event* next() {
    release();
    event_ = parser_ ? fy_parser_parse(parser_.get()) : nullptr;
    if (event_ == nullptr) failed_ = failed_ || in_node_;
    return event_;
  }
  void release() {
    if (event_ != nullptr) fy_parser_event_free(parser_.get(), event_);
    event_ = nullptr;
  }

  char at(std::size_t position) const { return position < text_.size() ? text_[position] : '\0'; }

  std::size_t skip_spaces(std::size_t position) const {
    while (at(position) == ' ' || at(position) == '\t') ++position;
    return position;
  }

  /// Past blanks, line ends and comments.
  std::size_t skip_gap(std::size_t position) const {
    while (position < text_.size()) {
      const char c = text_[position];
      const bool after_blank = position == 0 || text_[position - 1] == ' ' || text_[position - 1] == '\t' || text_[position - 1] == '\n';
      if (c == ' ' || c == '\t' || c == '\n') {
        ++position;
      } else if (c == '#' && (after_blank || text_[position - 1] == ',')) {
        position = line_end(text_, position);
      } else {
        break;
      }
    }
    return position;
  }

  std::size_t skip_property(std::size_t position) const { return std::min(text_.find_first_of(" \t\n,]}", position), text_.size()); }
  bool is_property(std::size_t position) const { return at(position) == '&' || at(position) == '!'; }

  void place(YamlNode& node, std::size_t slot) const {
    node.properties = skip_gap(slot);
    node.begin = node.properties;
    while (is_property(node.begin)) node.begin = skip_gap(skip_property(node.begin));
  }

  void place_absent(YamlNode& node, std::size_t slot) const {
    node.properties = node.begin = slot;
    bool any = false;
    for (auto from = skip_spaces(slot); is_property(from); from = skip_spaces(node.begin)) {
      if (!any) node.properties = from;
      any = true;
      node.begin = skip_property(from);
    }
    node.end = node.begin;
  }

  void define(YamlNode& node, fy_token* anchor, fy_token* tag) {
    node.tagged = tag != nullptr;
    if (anchor == nullptr) return;
    node.anchor = tree_.aliases.size();
    tree_.aliases.emplace_back();
    anchors_[text_of(anchor)] = *node.anchor;
  }

  YamlNode node(fy_event* event, std::size_t slot, bool in_flow) {
    in_node_ = true;
    YamlNode out;
    const auto marks = marks_of(event);
    if (event->type == FYET_ALIAS) {
      out.kind = Kind::Alias;
      out.text = text_of(event->alias.anchor);
      out.properties = out.begin = marks.start == 0 ? 0 : marks.start - 1;
      out.end = marks.end;
      if (const auto found = anchors_.find(out.text); found != anchors_.end()) tree_.aliases[found->second].push_back(out.begin);
    } else if (event->type == FYET_SCALAR) {
      scalar(out, event, marks, slot);
    } else if (event->type == FYET_MAPPING_START || event->type == FYET_SEQUENCE_START) {
      const bool map = event->type == FYET_MAPPING_START;
      define(out, map ? event->mapping_start.anchor : event->sequence_start.anchor, map ? event->mapping_start.tag : event->sequence_start.tag);
      out.kind = map ? Kind::Map : Kind::List;
      place(out, slot == kNowhere ? marks.start : slot);
      out.style = marks.end > marks.start && (at(out.begin) == '{' || at(out.begin) == '[') ? Style::Flow : Style::Block;
      map ? mapping(out, in_flow) : sequence(out);
    } else {
      failed_ = true;
    }
    in_node_ = false;
    return out;
  }

  void scalar(YamlNode& out, fy_event* event, Marks marks, std::size_t slot) {
    define(out, event->scalar.anchor, event->scalar.tag);
    auto* token = event->scalar.value;
    out.text = text_of(token);
    const auto style = token == nullptr ? FYSS_PLAIN : fy_token_scalar_style(token);
    if (style == FYSS_PLAIN && out.text.empty()) return place_absent(out, slot == kNowhere ? marks.start : slot);
    if (style == FYSS_LITERAL || style == FYSS_FOLDED) {
      out.style = style == FYSS_LITERAL ? Style::Literal : Style::Folded;
      place(out, slot == kNowhere ? marks.start : slot);
      out.end = block_end(out.begin, out.text.empty() ? Marks{} : marks);
      return;
    }
    const std::size_t quote = style == FYSS_PLAIN ? 0 : 1;
    out.style = style == FYSS_PLAIN ? Style::Plain : style == FYSS_SINGLE_QUOTED ? Style::Single : Style::Double;
    out.begin = marks.start - quote;
    out.end = marks.end + quote;
    out.properties = slot == kNowhere ? out.begin : skip_gap(slot);
  }

  /// The parser's range runs on to the next token: blank lines count only where `+` keeps them.
  std::size_t block_end(std::size_t header, Marks body) const {
    auto end = line_end(text_, header);
    const auto indicators = text_.substr(header, end - header);
    const bool keep = indicators.substr(0, indicators.find_first_of(" \t#")).find('+') != kNowhere;
    std::optional<std::size_t> indent;
    for (auto line = end + 1; line < body.end && line < text_.size();) {
      const auto stop = std::min(line_end(text_, line), body.end);
      const auto spaces = text_.substr(line, stop - line).find_first_not_of(' ');
      const bool blank = spaces == kNowhere;
      if (!blank && indent && spaces < *indent && text_[line + spaces] == '#') break;
      if (!blank && !indent) indent = spaces;
      if (!blank || (keep && at(stop) == '\n')) end = stop;
      line = stop + 1;
    }
    return end;
  }

  void mapping(YamlNode& out, bool in_flow) {
    const bool flow = out.style == Style::Flow;
    while (auto* event = next()) {
      if (event->type == FYET_MAPPING_END) {
        if (flow) out.end = marks_of(event).end;
        break;
      }
      YamlEntry entry;
      entry.key = node(event, kNowhere, flow);
      in_node_ = true;
      entry.begin = entry.key.properties;
      const auto colon = flow ? skip_gap(entry.key.end) : skip_spaces(entry.key.end);
      const bool plain_key = entry.key.kind == Kind::Scalar && !entry.key.anchor && !entry.key.tagged && entry.key.end > entry.key.begin;
      entry.simple = plain_key && at(colon) == ':' && (flow || !in_flow);
      entry.slot = at(colon) == ':' ? colon + 1 : entry.key.end;
      auto* value = next();
      if (value == nullptr) break;
      entry.value = node(value, at(colon) == ':' ? entry.slot : kNowhere, flow);
      in_node_ = true;
      out.entries.push_back(std::move(entry));
    }
    if (flow) return;
    failed_ = failed_ || out.entries.empty();
    if (out.entries.empty()) return;
    out.begin = out.entries.front().begin;
    out.end = out.entries.back().end();
  }

  void sequence(YamlNode& out) {
    const bool flow = out.style == Style::Flow;
    auto from = flow ? out.begin + 1 : out.begin;
    while (auto* event = next()) {
      if (event->type == FYET_SEQUENCE_END) {
        if (flow) out.end = marks_of(event).end;
        break;
      }
      YamlEntry entry;
      entry.begin = skip_gap(from);
      if (flow && at(entry.begin) == ',') entry.begin = skip_gap(entry.begin + 1);
      entry.simple = flow || at(entry.begin) == '-';
      entry.slot = entry.begin + (flow ? 0 : 1);
      entry.value = node(event, entry.slot, flow);
      in_node_ = true;
      from = entry.end();
      out.entries.push_back(std::move(entry));
    }
    if (!flow && !out.entries.empty()) out.end = out.entries.back().end();
  }

  std::string_view text_;
  const std::string& file_;
  std::unique_ptr<fy_diag, decltype(&fy_diag_destroy)> diag_;
  std::unique_ptr<fy_parser, decltype(&fy_parser_destroy)> parser_;
  fy_event* event_ = nullptr;
  YamlTree tree_;
  std::map<std::string, std::size_t> anchors_;
  bool in_node_ = false;
  bool failed_ = false;
};

}  // namespace

Result<YamlTree> read_yaml_tree(std::string_view text, const std::string& file) { return Builder(text, file).build(); }

std::string key_of(const YamlEntry& entry) {
  if (entry.key.kind != Kind::Scalar) return {};
  if (entry.key.style != Style::Plain || entry.key.tagged) return entry.key.text;
  return key_text(resolve_plain_scalar(entry.key.text)).value_or("");
}

std::size_t line_start(std::string_view text, std::size_t at) {
  const auto newline = at == 0 ? kNowhere : text.rfind('\n', at - 1);
  return newline == kNowhere ? 0 : newline + 1;
}

std::size_t line_end(std::string_view text, std::size_t at) { return std::min(text.find('\n', at), text.size()); }

int line_number(std::string_view text, std::size_t at) {
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(at, text.size())), '\n'));
}

}  // namespace driftwarden
