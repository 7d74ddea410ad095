#include "bot/watch/template_pattern.hpp"

#include <fmt/core.h>

#include <bitset>
#include <charconv>
#include <optional>
#include <vector>

namespace driftwarden {

struct TemplatePattern::Node {
  enum class Kind { Characters, Sequence, Either, Repeat };
  Kind kind = Kind::Sequence;
  std::bitset<256> characters{};
  std::vector<std::shared_ptr<const Node>> children{};
  int least = 0;
  int most = -1;  ///< -1 = without end
};

namespace {

using Node = TemplatePattern::Node;
using NodePtr = std::shared_ptr<const Node>;

constexpr std::size_t kLongestPattern = 200;
constexpr int kMostRepeats = 100;
constexpr int kDeepest = 10;

std::size_t index_of(char c) { return static_cast<unsigned char>(c); }

class PatternReader {
 public:
  explicit PatternReader(std::string_view text) : text_(text) {}

  Result<NodePtr> whole() {
    TRY(auto node, either());
    if (at_ < text_.size()) return trouble("\")\" without \"(\"");
    return node;
  }

 private:
  bool ended() const { return at_ >= text_.size(); }
  Error trouble(std::string_view what) const { return {ErrorKind::InvalidInput, fmt::format("the pattern has {} at {}", what, at_ + 1)}; }

  Result<NodePtr> either() {
    if (++depth_ > kDeepest) return trouble("too many groups");
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::Either;
    for (;;) {
      TRY(auto one, sequence());
      node->children.push_back(std::move(one));
      if (ended() || text_[at_] != '|') break;
      ++at_;
    }
    --depth_;
    return NodePtr(std::move(node));
  }

  Result<NodePtr> sequence() {
    auto node = std::make_shared<Node>();
    while (!ended() && text_[at_] != '|' && text_[at_] != ')') {
      TRY(auto one, atom());
      TRY(one, repeated(std::move(one)));
      node->children.push_back(std::move(one));
    }
    return NodePtr(std::move(node));
  }

  Result<NodePtr> atom() {
    const char c = text_[at_];
    if (c == '(') {
      ++at_;
      if (text_.substr(at_).starts_with("?:")) at_ += 2;
      TRY(auto inside, either());
      if (ended()) return trouble("\"(\" without \")\"");
      ++at_;
      return inside;
    }
    if (std::string_view("*+?{").find(c) != std::string_view::npos) return trouble("a repetition of nothing");
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::Characters;
    if (c == '[') {
      CHECK_OK(read_class(node->characters));
    } else if (c == '\\') {
      TRY(node->characters, escaped());
    } else {
      if (c == '.') {
        node->characters.set();
      } else {
        node->characters.set(index_of(c));
      }
      ++at_;
    }
    return NodePtr(std::move(node));
  }

  Result<std::bitset<256>> escaped() {
    std::bitset<256> set;
    if (at_ + 1 >= text_.size()) return trouble("a backslash at its end");
    const char c = text_[at_ + 1];
    if (c == 'd' || c == 'w') {
      for (char digit = '0'; digit <= '9'; ++digit) set.set(index_of(digit));
    }
    if (c == 'w') {
      for (char letter = 'a'; letter <= 'z'; ++letter) set.set(index_of(letter));
      for (char letter = 'A'; letter <= 'Z'; ++letter) set.set(index_of(letter));
      set.set(index_of('_'));
    }
    if (set.none()) {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0) return trouble("an unknown escape");
      set.set(index_of(c));
    }
    at_ += 2;
    return set;
  }

  Result<void> read_class(std::bitset<256>& set) {
    const bool negated = text_.substr(at_ + 1).starts_with('^');
    at_ += negated ? 2 : 1;
    for (bool first = true; !ended() && (first || text_[at_] != ']'); first = false) {
      if (text_[at_] == '\\') {
        TRY(const auto more, escaped());
        set |= more;
        continue;
      }
      const char from = text_[at_];
      const bool range = at_ + 2 < text_.size() && text_[at_ + 1] == '-' && text_[at_ + 2] != ']';
      const char to = range ? text_[at_ + 2] : from;
      if (index_of(to) < index_of(from)) return trouble("a range that runs backwards");
      for (auto i = index_of(from); i <= index_of(to); ++i) set.set(i);
      at_ += range ? 3 : 1;
    }
    if (ended()) return trouble("\"[\" without \"]\"");
    ++at_;
    if (negated) set.flip();
    return Result<void>{};
  }

  Result<NodePtr> repeated(NodePtr one) {
    while (!ended()) {
      auto node = std::make_shared<Node>();
      node->kind = Node::Kind::Repeat;
      node->children = {one};
      const char c = text_[at_];
      if (c == '*' || c == '+' || c == '?') {
        node->least = c == '+' ? 1 : 0;
        node->most = c == '?' ? 1 : -1;
        ++at_;
      } else if (c == '{') {
        CHECK_OK(read_bounds(*node));
      } else {
        break;
      }
      one = std::move(node);
    }
    return one;
  }

  Result<void> read_bounds(Node& node) {
    const auto close = text_.find('}', at_);
    if (close == std::string_view::npos) return trouble("\"{\" without \"}\"");
    const auto inside = text_.substr(at_ + 1, close - at_ - 1);
    const auto comma = inside.find(',');
    const auto least = number(inside.substr(0, comma));
    const auto most = comma == std::string_view::npos ? least : inside.substr(comma + 1).empty() ? std::optional<int>(-1) : number(inside.substr(comma + 1));
    if (!least || !most || (*most >= 0 && *most < *least)) return trouble("a repetition that is no {2}, {2,} or {2,5} up to 100");
    node.least = *least;
    node.most = *most;
    at_ = close + 1;
    return Result<void>{};
  }

  static std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size() || value < 0 || value > kMostRepeats) return std::nullopt;
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

using Positions = std::vector<bool>;

bool any(const Positions& positions) {
  for (const bool one : positions) {
    if (one) return true;
  }
  return false;
}

bool add(Positions& into, const Positions& from) {
  bool grown = false;
  for (std::size_t i = 0; i < into.size(); ++i) {
    if (from[i] && !into[i]) into[i] = grown = true;
  }
  return grown;
}

/// Where a match may end that begins at one of `starts`.
Positions ends_of(const Node& node, std::string_view text, const Positions& starts) {
  Positions ends(text.size() + 1, false);
  if (node.kind == Node::Kind::Characters) {
    for (std::size_t i = 0; i < text.size(); ++i) ends[i + 1] = starts[i] && node.characters.test(index_of(text[i]));
    return ends;
  }
  if (node.kind == Node::Kind::Either) {
    for (const auto& child : node.children) add(ends, ends_of(*child, text, starts));
    return ends;
  }
  if (node.kind == Node::Kind::Sequence) {
    ends = starts;
    for (const auto& child : node.children) ends = ends_of(*child, text, ends);
    return ends;
  }
  auto reached = starts;
  for (int i = 0; i < node.least && any(reached); ++i) reached = ends_of(*node.children.front(), text, reached);
  ends = reached;
  for (int i = node.least; (node.most < 0 || i < node.most) && any(reached); ++i) {
    reached = ends_of(*node.children.front(), text, reached);
    if (!add(ends, reached)) break;
  }
  return ends;
}

}  // namespace

Result<TemplatePattern> TemplatePattern::parse(std::string_view text) {
  if (text.size() > kLongestPattern) return Error{ErrorKind::InvalidInput, fmt::format("the pattern is longer than {} characters", kLongestPattern)};
  if (text.starts_with('^')) text.remove_prefix(1);
  if (text.ends_with('$') && !text.ends_with("\\$")) text.remove_suffix(1);
  TRY(auto root, PatternReader(text).whole());
  TemplatePattern pattern;
  pattern.root_ = std::move(root);
  return pattern;
}

bool TemplatePattern::matches(std::string_view text) const {
  if (root_ == nullptr) return true;
  Positions starts(text.size() + 1, false);
  starts[0] = true;
  return ends_of(*root_, text, starts).back();
}

}  // namespace driftwarden
