#include "bot/change/hcl_reader.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>
#include <utility>

namespace driftwarden {
namespace {

constexpr std::size_t kDeepest = 100;
constexpr std::size_t kDeepestTemplate = 20;
constexpr std::size_t kLongestName = 300;  // each literal keeps its key's
constexpr std::size_t kMostLiterals = 100'000;
constexpr auto kNowhere = std::string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool is_name(char c) { return begins_name(c) || is_digit(c) || c == '-'; }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) { frames_.push_back({}); }

  std::optional<HclText> read() {
    while (at_ < text_.size()) {
      if (!step()) return std::nullopt;
    }
    if (frames_.size() != 1) return std::nullopt;
    return std::move(read_);
  }

 private:
  enum class In { Body, Object, List, Call };
  /// What may yet become a key or a block's header.
  struct Pending {
    std::string text;
    std::size_t literal = kNowhere;
  };
  struct Frame {
    In in = In::Body;
    std::size_t scope = 0;
    std::string key{};
    bool in_value = false;
    bool value_seen = false;
    std::vector<Pending> pending{};
  };

  Frame& frame() { return frames_.back(); }
  bool takes_keys() { return frame().in == In::Body || frame().in == In::Object; }
  bool names_something() { return takes_keys() && !frame().in_value; }
  std::string_view rest() const { return text_.substr(at_); }

  bool push_pending(std::size_t begin, std::size_t end, std::size_t literal) {
    if (end - begin > kLongestName) return false;
    frame().pending.push_back({std::string(text_.substr(begin, end - begin)), literal});
    return true;
  }

  void end_entry() {
    if (!takes_keys()) return;
    frame().key.clear();
    frame().in_value = false;
    frame().value_seen = false;
    frame().pending.clear();
  }

  bool step() {
    const char c = text_[at_];
    if (read_.literals.size() > kMostLiterals || read_.scopes.size() > kMostLiterals) return false;
    if (c == '\n') {
      if (!frame().in_value || frame().value_seen) end_entry();
      return skip(1);
    }
    if (c == '#' || rest().starts_with("//")) return comment(c == '#' ? 1 : 2, text_.find('\n', at_));
    if (rest().starts_with("/*")) {
      const auto end = text_.find("*/", at_ + 2);
      return end != kNowhere && comment(2, end) && skip(2);
    }
    if (c == '"') return quoted();
    if (rest().starts_with("<<")) return heredoc();
    if (begins_name(c)) return name();
    if (is_digit(c)) return number();
    if (c == '{' || c == '[' || c == '(') return open(c);
    if (c == '}' || c == ']' || c == ')') return close(c);
    if (c == ',') {
      end_entry();
      return skip(1);
    }
    return sign(c);
  }

  bool skip(std::size_t count) {
    at_ += count;
    return true;
  }

  bool sign(char c) {
    const auto two = rest().substr(0, 2);
    if (two == "==" || two == "!=" || two == "<=" || two == ">=") return skip(2);
    if (two == "=>") return give_value(2);
    if (c == '=') return give_value(1);
    if (c == ':' && frame().in == In::Object && !frame().in_value) return give_value(1);
    return skip(1);
  }

  /// What came before it is the key.
  bool give_value(std::size_t length) {
    if (takes_keys() && !frame().pending.empty()) {
      frame().key = frame().pending.back().text;
      mark_names();
    }
    if (takes_keys()) {
      frame().in_value = true;
      frame().value_seen = false;
    }
    return skip(length);
  }

  void mark_names() {
    for (const auto& one : frame().pending) {
      if (one.literal != kNowhere) read_.literals[one.literal].is_name = true;
    }
    frame().pending.clear();
  }

  void add(HclLiteral::Kind kind, std::size_t begin, std::size_t end) {
    read_.literals.push_back({kind, begin, end, frame().scope, frame().key, false});
    if (kind != HclLiteral::Kind::Comment) frame().value_seen = true;
  }

  bool comment(std::size_t marker, std::size_t end) {
    end = std::min(end, text_.size());
    add(HclLiteral::Kind::Comment, at_ + marker, end);
    at_ = end;
    return true;
  }

  bool quoted() {
    const auto begin = at_ + 1;
    const auto end = end_of_text(begin, 0);
    if (end == kNowhere) return false;
    add(HclLiteral::Kind::Text, begin, end);
    at_ = end + 1;
    return !names_something() || push_pending(begin, end, read_.literals.size() - 1);
  }

  /// Where the closing quote is; what stands in ${ } may have quotes of its own.
  std::size_t end_of_text(std::size_t at, std::size_t depth) const {
    if (depth > kDeepestTemplate) return kNowhere;
    while (at < text_.size() && text_[at] != '"') {
      if (text_[at] == '\n') return kNowhere;
      const auto here = text_.substr(at);
      if (here.starts_with("$${") || here.starts_with("%%{")) {
        at += 3;
      } else if (here.starts_with("${") || here.starts_with("%{")) {
        at = end_of_template(at + 2, depth + 1);
        if (at == kNowhere) return kNowhere;
      } else {
        at += text_[at] == '\\' ? 2 : 1;
      }
    }
    return at < text_.size() ? at : kNowhere;
  }

  std::size_t end_of_template(std::size_t at, std::size_t depth) const {
    std::size_t open = 1;
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == '"') {
        at = end_of_text(at + 1, depth + 1);
        if (at == kNowhere) return kNowhere;
      }
      open += c == '{' ? 1 : 0;
      if (c == '}' && --open == 0) return at + 1;
      ++at;
    }
    return kNowhere;
  }

  bool heredoc() {
    auto begin = at_ + 2;
    if (begin < text_.size() && text_[begin] == '-') ++begin;
    auto end = begin;
    while (end < text_.size() && is_name(text_[end])) ++end;
    const auto marker = text_.substr(begin, end - begin);
    const auto body = text_.find('\n', end);
    if (marker.empty() || body == kNowhere || !trim(text_.substr(end, body - end)).empty()) return false;
    for (auto line = body + 1; line < text_.size();) {
      const auto stop = std::min(text_.find('\n', line), text_.size());
      if (trim(text_.substr(line, stop - line)) == marker) {
        if (line > body + 1) add(HclLiteral::Kind::Heredoc, body + 1, line - 1);
        frame().value_seen = true;
        at_ = stop;
        return true;
      }
      line = stop + 1;
    }
    return false;
  }

  bool name() {
    const auto begin = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    word_end_ = at_;
    word_ = text_.substr(begin, at_ - begin);
    if (names_something()) return push_pending(begin, at_, kNowhere);
    // A member of something, something with members, or a function.
    const bool refers = (begin > 0 && text_[begin - 1] == '.') || (at_ < text_.size() && std::string_view(".[(").find(text_[at_]) != kNowhere) || rest().starts_with("::");
    if (!refers) add(HclLiteral::Kind::Word, begin, at_);
    frame().value_seen = true;
    return true;
  }

  bool number() {
    const auto begin = at_;
    while (at_ < text_.size() && (is_name(text_[at_]) || text_[at_] == '.')) ++at_;
    const bool names = names_something();
    if (begin == 0 || text_[begin - 1] != '.') add(HclLiteral::Kind::Word, begin, at_);
    return !names || push_pending(begin, at_, kNowhere);
  }

  bool open(char c) {
    if (frames_.size() > kDeepest) return false;
    Frame inner;
    inner.scope = frame().scope;
    inner.key = frame().key;
    inner.in_value = true;
    frame().value_seen = true;
    if (c == '[') {
      inner.in = In::List;
    } else if (c == '(') {
      inner.in = In::Call;
      inner.scope = add_scope({frame().scope, "", word_end_ == at_ && at_ > 0 ? std::string(word_) : std::string(), {}, true});
    } else {
      open_brace(inner);
    }
    frames_.push_back(std::move(inner));
    return skip(1);
  }

  void open_brace(Frame& inner) {
    auto& outer = frame();
    HclScope scope{outer.scope, outer.key, "", {}, false};
    inner.in = In::Object;
    if (outer.in == In::Body && !outer.in_value && !outer.pending.empty()) {
      inner.in = In::Body;
      scope.type = outer.pending.front().text;
      for (std::size_t i = 1; i < outer.pending.size(); ++i) scope.labels.push_back(outer.pending[i].text);
      mark_names();
    }
    inner.scope = add_scope(std::move(scope));
    inner.key.clear();
    inner.in_value = false;
  }

  std::size_t add_scope(HclScope scope) {
    read_.scopes.push_back(std::move(scope));
    return read_.scopes.size() - 1;
  }

  bool close(char c) {
    if (frames_.size() == 1) return false;
    const char wanted = frame().in == In::List ? ']' : frame().in == In::Call ? ')' : '}';
    if (c != wanted) return false;
    frames_.pop_back();
    return skip(1);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string_view word_{};  ///< the name that was read last
  std::size_t word_end_ = kNowhere;
  std::vector<Frame> frames_;
  HclText read_;
};

}  // namespace

std::optional<HclText> read_hcl(std::string_view text) { return Reader(text).read(); }

}  // namespace driftwarden
