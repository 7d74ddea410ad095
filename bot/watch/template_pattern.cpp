#include "bot/watch/template_pattern.hpp"

#include <fmt/core.h>

#include <algorithm>
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
constexpr std::size_t kMostStates = 4000;

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
  bool is_repetition() const { return !ended() && std::string_view("*+?{").find(text_[at_]) != std::string_view::npos; }
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
    if (is_repetition()) return trouble("a repetition of nothing");
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
    if (!is_repetition()) return one;
    auto node = std::make_shared<Node>();
    node->kind = Node::Kind::Repeat;
    node->children = {std::move(one)};
    const char c = text_[at_];
    if (c == '{') {
      CHECK_OK(read_bounds(*node));
    } else {
      node->least = c == '+' ? 1 : 0;
      node->most = c == '?' ? 1 : -1;
      ++at_;
    }
    if (is_repetition()) return trouble("a repetition of a repetition");
    return NodePtr(std::move(node));
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

/// Of the machine that this would become; more than the limit is as bad as any more.
std::size_t size_of(const Node& node) {
  std::size_t inside = 0;
  for (const auto& child : node.children) inside = std::min(kMostStates + 1, inside + size_of(*child) + 1);
  if (node.kind == Node::Kind::Characters) return 1;
  if (node.kind != Node::Kind::Repeat) return inside;
  return std::min(kMostStates + 1, (inside + 1) * static_cast<std::size_t>(std::max({1, node.least + 1, node.most})));
}

}  // namespace

/// A pattern as a nondeterministic automaton: reading a text costs its length times the states, whatever the pattern says.
struct TemplatePattern::Machine {
  struct State {
    const std::bitset<256>* takes = nullptr;  ///< null: goes on to `next` and `other` without reading
    int next = -1;
    int other = -1;
  };
  NodePtr root;  ///< holds what the states take
  std::vector<State> states;
  int start = 0;  ///< the state 0 is the end

  explicit Machine(NodePtr from) : root(std::move(from)), states(1) { start = build(*root, 0); }

  int add(const std::bitset<256>* takes, int next, int other = -1) {
    states.push_back({takes, next, other});
    return static_cast<int>(states.size()) - 1;
  }

  /// Where reading `node` begins, when it goes on at `next` afterwards.
  int build(const Node& node, int next) {
    if (node.kind == Node::Kind::Characters) return add(&node.characters, next);
    if (node.kind == Node::Kind::Sequence) {
      for (auto child = node.children.rbegin(); child != node.children.rend(); ++child) next = build(**child, next);
      return next;
    }
    if (node.kind == Node::Kind::Either) {
      int entry = build(*node.children.front(), next);
      for (std::size_t i = 1; i < node.children.size(); ++i) entry = add(nullptr, entry, build(*node.children[i], next));
      return entry;
    }
    const auto& inside = *node.children.front();
    int entry = next;
    if (node.most < 0) {
      entry = add(nullptr, -1, next);
      const int body = build(inside, entry);
      states[static_cast<std::size_t>(entry)].next = body;
    }
    for (int i = node.least; i < node.most; ++i) entry = add(nullptr, build(inside, entry), next);
    for (int i = 0; i < node.least; ++i) entry = build(inside, entry);
    return entry;
  }
};

namespace {

/// The states that a text's beginning may lead to.
class Reached {
 public:
  explicit Reached(std::size_t count) : seen_(count, false) {}
  void add(const TemplatePattern::Machine& machine, int state) {
    std::vector<int> open{state};
    while (!open.empty()) {
      const int one = open.back();
      open.pop_back();
      if (one < 0 || seen_[static_cast<std::size_t>(one)]) continue;
      seen_[static_cast<std::size_t>(one)] = true;
      states.push_back(one);
      const auto& at = machine.states[static_cast<std::size_t>(one)];
      if (at.takes == nullptr) open.insert(open.end(), {at.next, at.other});
    }
  }
  bool ends() const { return seen_.front(); }
  std::vector<int> states;

 private:
  std::vector<bool> seen_;
};

}  // namespace

Result<TemplatePattern> TemplatePattern::parse(std::string_view text) {
  if (text.size() > kLongestPattern) return Error{ErrorKind::InvalidInput, fmt::format("the pattern is longer than {} characters", kLongestPattern)};
  if (text.starts_with('^')) text.remove_prefix(1);
  if (text.ends_with('$') && !text.ends_with("\\$")) text.remove_suffix(1);
  TRY(auto root, PatternReader(text).whole());
  if (size_of(*root) > kMostStates) return Error{ErrorKind::InvalidInput, "the pattern has repetitions of repetitions that multiply to too many"};
  TemplatePattern pattern;
  pattern.machine_ = std::make_shared<const Machine>(std::move(root));
  return pattern;
}

bool TemplatePattern::matches(std::string_view text) const {
  if (machine_ == nullptr) return true;
  Reached reached(machine_->states.size());
  reached.add(*machine_, machine_->start);
  for (const char c : text) {
    Reached next(machine_->states.size());
    for (const int one : reached.states) {
      const auto& state = machine_->states[static_cast<std::size_t>(one)];
      if (state.takes != nullptr && state.takes->test(index_of(c))) next.add(*machine_, state.next);
    }
    if (next.states.empty()) return false;
    reached = std::move(next);
  }
  return reached.ends();
}

}  // namespace driftwarden
