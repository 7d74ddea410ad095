// One pass over each line: names, and what stands behind them. What is hidden becomes `***`; there are as many lines as before.
#include "bot/inspect/inspect.hpp"
#include "bot/inspect/private_keys.hpp"
#include "bot/inspect/secret_names.hpp"
#include "bot/inspect/token_shapes.hpp"
#include "gitops/base/crypto.hpp"

#include <algorithm>
#include <array>

namespace driftwarden {
namespace {

constexpr std::string_view kHidden = "***";
constexpr std::size_t kAheadForName = 48;  ///< how far "&name=" is looked for
constexpr std::size_t kLongestBasic = 512;
constexpr std::size_t kLooksAt = 256;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_name(char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }

std::size_t skip_spaces(std::string_view line, std::size_t at) {
  while (at < line.size() && is_space(line[at])) ++at;
  return at;
}

bool is_scheme(std::string_view word) {
  static constexpr std::array<std::string_view, 6> kSchemes{"bearer", "basic", "token", "digest", "negotiate", "apikey"};
  return word.size() <= 9 && std::find(kSchemes.begin(), kSchemes.end(), std::string_view(to_lower(word))) != kSchemes.end();
}

/// A name and what ties a value to it.
struct Tie {
  std::size_t value = 0;  ///< where the value begins
  char separator = 0;     ///< ':' '=' ' ' '>'; 0 = no value follows
  bool spaced = false;    ///< a space between the separator and the value
  bool quoted_name = false;
};

class Line {
 public:
  Line(std::string_view line, std::string& out, bool& armed) : line_(line), out_(out), armed_(armed), shapes_(line), first_(line.find_first_not_of(" \t-\"'")) {}

  /// True when the value stands on the lines below it ("password: |").
  bool redact() {
    std::size_t at = 0;
    while (at < line_.size()) {
      if (line_[at] == ':' && line_.substr(at).starts_with("://")) {
        at = address(at);
      } else if (is_name(line_[at])) {
        at = name(at);
      } else {
        previous_word_ = line_[at] == ' ' ? previous_word_ : std::string_view();
        out_ += line_[at++];
      }
    }
    return block_follows_;
  }

 private:
  /// "://user:password@host": what stands before the last @ of the authority.
  std::size_t address(std::size_t at) {
    const auto begin = at + 3;
    auto end = begin;
    auto sign = std::string_view::npos;
    for (; end < line_.size() && !is_space(line_[end]) && !is_quote(line_[end]) && line_[end] != '/' && line_[end] != '<' && line_[end] != '>' && line_[end] != '?'; ++end) {
      if (line_[end] == '@') sign = end;
    }
    out_ += "://";
    if (sign == std::string_view::npos) return begin;
    const auto user = line_.substr(begin, sign - begin);
    const auto colon = user.find(':');
    if (colon != std::string_view::npos) out_.append(user.substr(0, colon)).append(":");
    // Without a password "git@" is a user, and a long one is a token.
    if (colon == std::string_view::npos && user.size() < 16) {
      out_.append(user);
    } else {
      out_.append(kHidden);
    }
    return sign;
  }

  std::size_t name(std::size_t begin) {
    auto end = begin;
    while (end < line_.size() && is_name(line_[end])) ++end;
    const auto word = line_.substr(begin, end - begin);
    const auto before = std::exchange(previous_word_, word);
    if (const auto after = standalone_credential(begin, end); after > 0) return after;
    const auto tie = tie_after(begin, end);
    if (tie.separator == 0) {
      plain(begin, end);
      return end;
    }
    const auto sensitivity = what_is_told(begin, word, before, tie);
    plain(begin, end);
    if (sensitivity == Sensitivity::None) return end;
    return value(begin, end, tie, sensitivity);
  }

  Sensitivity what_is_told(std::size_t begin, std::string_view word, std::string_view before, const Tie& tie) {
    // ".../serviceaccount/token: permission denied"
    if (begin > 0 && line_[begin - 1] == '/' && tie.separator == ':') return Sensitivity::None;
    if (tie.separator == ' ' && !word.starts_with("-")) return Sensitivity::None;
    // {"name": "DB_PASSWORD", "value": "..."}
    if (word.size() <= 5) {
      const auto lower = to_lower(word);
      if (lower == "name" || lower == "key") {
        auto from = tie.value;
        while (from < line_.size() && (is_quote(line_[from]) || line_[from] == '\\')) ++from;
        auto to = from;
        while (to < line_.size() && is_name(line_[to])) ++to;
        armed_ = sensitivity_of(line_.substr(from, to - from)) != Sensitivity::None;
      }
      if (lower == "value" && std::exchange(armed_, false)) return Sensitivity::Value;
      if (lower == "key" && is_key_adjective(before)) return Sensitivity::Value;
    }
    auto name = word;
    while (name.starts_with('-')) name.remove_prefix(1);
    if (to_lower(name) == "pass") return tie.separator == '=' || tie.separator == ' ' ? Sensitivity::Random : Sensitivity::None;
    const auto told = sensitivity_of(word.starts_with('-') ? name : word);
    if (tie.separator == ' ' && told == Sensitivity::Random) return Sensitivity::None;
    return told;
  }

  /// "Bearer abc...", "Basic dXNlcjpwdw==", "-u alice:secret"; the end of what was written, or 0.
  std::size_t standalone_credential(std::size_t begin, std::size_t end) {
    const auto word = line_.substr(begin, end - begin);
    const auto at = skip_spaces(line_, end);
    if (at == end || at == line_.size() || word.size() > 6) return 0;
    auto to = at;
    while (to < line_.size() && !is_space(line_[to]) && !is_quote(line_[to]) && line_[to] != ',' && line_[to] != ';') ++to;
    const auto argument = line_.substr(at, to - at);
    bool secret = false;
    auto shown = at;
    if (word == "-u" || word == "--user") {
      const auto colon = argument.find(':');
      if (colon == std::string_view::npos || argument.find("://") != std::string_view::npos || std::ranges::all_of(argument.substr(colon + 1), is_digit)) return 0;
      shown = at + colon + 1;
      secret = true;
    } else if (word.size() >= 5) {
      const auto lower = to_lower(word);
      // "token_type=bearer expires_in=3600": only padding has an equals sign.
      const auto equals = argument.find('=');
      const bool pair = equals != std::string_view::npos && argument.find_first_not_of('=', equals) != std::string_view::npos;
      if (lower == "bearer" && !pair) secret = argument.size() >= 20 || (argument.size() >= 8 && std::ranges::any_of(argument, is_digit));
      if (lower == "basic") secret = is_basic(argument);
    }
    if (!secret) return 0;
    out_.append(line_.substr(begin, shown - begin)).append(kHidden);
    return to;
  }

  static bool is_basic(std::string_view text) {
    if (text.size() < 4 || text.size() > kLongestBasic || text.size() % 4 != 0) return false;
    const auto decoded = base64_decode(text);
    return decoded && decoded->find(':') != std::string::npos;
  }

  Tie tie_after(std::size_t begin, std::size_t end) const {
    Tie tie;
    auto at = end;
    if (begin > 0 && line_[begin - 1] == '<' && at < line_.size() && line_[at] == '>') return {at + 1, '>', false, false};
    if (at < line_.size() && line_[at] == ']') ++at;
    if (line_.substr(at).starts_with("%5D") || line_.substr(at).starts_with("%5d")) at += 3;
    auto quote = at;
    while (quote < line_.size() && line_[quote] == '\\') ++quote;
    if (quote < line_.size() && is_quote(line_[quote])) {
      tie.quoted_name = true;
      at = quote + 1;
    }
    const auto sign = skip_spaces(line_, at);
    const auto rest = line_.substr(sign);
    std::size_t length = 0;
    if (rest.starts_with("=>") || rest.starts_with(":=")) length = 2;
    else if (rest.starts_with("%3D") || rest.starts_with("%3d") || rest.starts_with("%3A") || rest.starts_with("%3a")) length = 3;
    else if (rest.starts_with("==") || rest.starts_with("::") || rest.starts_with("://")) return tie;
    else if (rest.starts_with("=") || rest.starts_with(":")) length = 1;
    if (length == 0) {
      if (sign == at || tie.quoted_name) return tie;
      tie.separator = ' ';
      tie.spaced = true;
      tie.value = sign;
      return tie;
    }
    tie.separator = rest.front() == ':' && length == 1 ? ':' : '=';
    tie.value = skip_spaces(line_, sign + length);
    tie.spaced = tie.value > sign + length;
    // "password= user=bob": nothing was given.
    if (tie.separator == '=' && tie.spaced && sign == at && next_is_pair(tie.value)) tie.separator = 0;
    return tie;
  }

  /// Does "name=" or "name:" stand at `at`?
  bool next_is_pair(std::size_t at) const {
    const auto limit = std::min(line_.size(), at + kAheadForName);
    const auto begin = at;
    while (at < limit && (is_name(line_[at]) || line_[at] == '[' || line_[at] == ']' || line_[at] == '%')) ++at;
    return at > begin && at < limit && (line_[at] == '=' || (line_[at] == ':' && at + 1 < line_.size() && line_[at + 1] == ' '));
  }

  std::size_t value(std::size_t begin, std::size_t end, const Tie& tie, Sensitivity sensitivity) {
    const auto at = tie.value;
    const auto tied = line_.substr(end, at - end);
    if (at >= line_.size()) {
      out_.append(tied);
      return line_.size();
    }
    if (is_block(at) && tie.separator == ':') {
      block_follows_ = true;
      out_.append(line_.substr(end));
      return line_.size();
    }
    auto quote = at;
    while (quote < line_.size() && line_[quote] == '\\') ++quote;
    if (quote < line_.size() && is_quote(line_[quote])) return quoted(end, at, quote, sensitivity);
    if (line_[at] == '{' || tie.separator == '>') return tie.separator == '>' ? element(end, at) : end;
    if (line_[at] == '[' && is_filtered(at)) return end;
    if (line_[at] == '[') return hide(std::min(line_.find(']', at), line_.size()), tied);
    if (sensitivity == Sensitivity::Header && tie.separator == ':') return header(begin, end, at, tied);
    // What is left as it is must be known without a look at the whole line.
    if (sensitivity == Sensitivity::Random && !looks_random(line_.substr(at, word_end(at, tie, kLooksAt) - at))) return end;
    auto to = word_end(at, tie);
    const auto word = line_.substr(at, to - at);
    if (is_harmless_value(word) || (tie.spaced && tie.separator != '=' && is_verdict(word))) return end;
    if (is_scheme(word)) {
      const auto next = skip_spaces(line_, to);
      if (next > to && next < line_.size()) to = word_end(next, tie);
    } else if (begin == first_ && tie.separator == ':' && tie.spaced && !tie.quoted_name && sensitivity == Sensitivity::Value) {
      to = without_comment(at);
    }
    return hide(to, tied);
  }

  /// The value becomes `***`; where the line goes on.
  std::size_t hide(std::size_t to, std::string_view tied) {
    out_.append(tied).append(kHidden);
    previous_word_ = {};
    return to;
  }

  bool is_block(std::size_t at) const {
    if (line_[at] != '|' && line_[at] != '>') return false;
    const auto rest = trim(line_.substr(at));
    return rest == "|" || rest == ">" || rest == "|-" || rest == ">-" || rest == "|+" || rest == ">+";
  }
  bool is_filtered(std::size_t at) const {
    const auto close = line_.substr(at, 16).find(']');
    return close != std::string_view::npos && (close == 1 || is_harmless_value(line_.substr(at, close + 1)));
  }

  std::size_t quoted(std::size_t end, std::size_t at, std::size_t quote, Sensitivity sensitivity) {
    const auto slashes = quote - at;
    const auto inside = quote + 1;
    auto to = inside;
    std::size_t run = 0;
    for (; to < line_.size(); ++to) {
      if (line_[to] == '\\') {
        ++run;
        continue;
      }
      const bool closes = slashes == 0 ? run % 2 == 0 : run <= slashes;
      if (line_[to] == line_[quote] && closes) break;
      run = 0;
    }
    const auto closing = to < line_.size() ? to - std::min(run, slashes) : to;
    const auto text = line_.substr(inside, closing - inside);
    if (is_harmless_value(text) || (sensitivity == Sensitivity::Random && !looks_random(text))) return end;
    out_.append(line_.substr(end, inside - end)).append(kHidden);
    previous_word_ = {};
    return closing;
  }

  std::size_t element(std::size_t end, std::size_t at) {
    const auto to = std::min(line_.find('<', at), line_.size());
    if (is_harmless_value(trim(line_.substr(at, to - at)))) return end;
    return hide(to, line_.substr(end, at - end));
  }

  /// To the end of the line, or of the quotes in which name and value stand.
  std::size_t header(std::size_t begin, std::size_t end, std::size_t at, std::string_view tied) {
    auto to = line_.size();
    if (begin > 0 && is_quote(line_[begin - 1])) to = std::min(line_.find(line_[begin - 1], at), line_.size());
    const auto word = line_.substr(at, std::min(line_.find(' ', at), line_.size()) - at);
    if (is_harmless_value(trim(line_.substr(at, to - at))) || is_verdict(word)) return end;
    return hide(to, tied);
  }

  std::size_t word_end(std::size_t at, const Tie& tie, std::size_t longest = std::string_view::npos) const {
    const auto limit = longest < line_.size() - at ? at + longest : line_.size();
    for (; at < limit; ++at) {
      const char c = line_[at];
      if (is_space(c) || c == '<') return at;
      if (tie.quoted_name && (c == ',' || c == '}' || c == ']')) return at;
      if (is_quote(c) && (at + 1 == line_.size() || std::string_view(" ,]});:").find(line_[at + 1]) != std::string_view::npos)) return at;
      if ((c == '&' || c == ';' || c == ',') && next_is_pair(at + 1)) return at;
    }
    return at;
  }

  std::size_t without_comment(std::size_t at) const {
    const auto comment = line_.find(" #", at);
    const auto to = comment == std::string_view::npos ? line_.size() : comment;
    return at + trim(line_.substr(at, to - at)).size();
  }

  /// A word as it is, but for credentials that show by their form.
  void plain(std::size_t begin, std::size_t end) {
    for (auto at = begin; at < end;) {
      const auto length = at == begin || !is_alnum(line_[at - 1]) ? shapes_.length_at(at) : 0;
      if (length == 0) {
        out_ += line_[at++];
        continue;
      }
      out_.append(kHidden);
      at = std::min(at + length, end);
    }
  }

  std::string_view line_;
  std::string& out_;
  bool& armed_;
  TokenShapes shapes_;
  std::size_t first_;  ///< where its first word begins
  std::string_view previous_word_{};
  bool block_follows_ = false;
};

/// Colours and other terminal sequences, which would stand between a name and its value.
std::string without_escapes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\x1b' && at + 1 < text.size() && text[at + 1] == '[') {
      at += 2;
      while (at < text.size() && (text[at] < '@' || text[at] > '~') && text[at] != '\n') ++at;
      if (at < text.size() && text[at] == '\n') out += '\n';
      continue;
    }
    const bool control = (c >= 0 && c < ' ' && c != '\n' && c != '\t') || c == '\x7f';
    if (!control) out += c;
  }
  return out;
}

std::size_t indent_of(std::string_view line) { return std::min(line.find_first_not_of(" \t"), line.size()); }

}  // namespace

std::string redact_log(std::string_view text) {
  const auto clean = without_private_keys(without_escapes(text));
  std::string out;
  out.reserve(clean.size());
  bool armed = false;
  std::size_t lines_armed = 0;
  std::optional<std::size_t> block;  ///< indent of the name whose value is a block below it
  for (std::size_t at = 0; at < clean.size();) {
    const auto end = std::min(clean.find('\n', at), clean.size());
    const auto line = std::string_view(clean).substr(at, end - at);
    const auto indent = indent_of(line);
    if (block && indent < line.size() && indent <= *block) block.reset();
    if (block) {
      out.append(line.substr(0, indent)).append(indent < line.size() ? kHidden : "");
    } else {
      const bool was_armed = armed;
      if (Line(line, out, armed).redact()) block = indent;
      // The value belongs to the name on the same line, or on the one before.
      lines_armed = armed && was_armed ? lines_armed + 1 : 0;
      if (lines_armed > 0) armed = false;
    }
    if (end < clean.size()) out += '\n';
    at = end + 1;
  }
  return out;
}

}  // namespace driftwarden
