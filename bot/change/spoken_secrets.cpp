#include "bot/change/spoken_secrets.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace driftwarden {
namespace {

constexpr auto kNowhere = std::string_view::npos;
constexpr std::size_t kLongestUser = 200;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '_' || c == '-' || c == '.'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool holds_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != kNowhere; });
}
bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
  return std::ranges::any_of(ends, [&](std::string_view end) { return text.ends_with(end); });
}

/// Lower case, without the dashes of a flag.
bool is_secret_word(std::string_view word) {
  if (holds_any(word, {"passw", "passphrase", "secret", "token", "credential", "api_key", "api-key", "apikey", "access_key", "access-key", "accesskey", "private_key", "preshared", "pre_shared", "pre-shared"})) return true;
  if (word.size() > 4 && word.ends_with("pass")) return !ends_with_any(word, {"bypass", "compass", "overpass", "underpass", "trespass"});
  if (word.size() > 3 && word.ends_with("pwd")) return true;
  return word == "pw" || word == "bearer" || word == "jwt" || ends_with_any(word, {"_pw", "-pw", "psk", "_auth", "_community"}) || word.starts_with("x-auth");
}

/// Programs that take a password by a flag of one letter.
std::string_view password_flags(std::string_view program) {
  if (program.starts_with("mysql") || program.starts_with("mariadb") || program.starts_with("mongo") || program == "login" || program == "useradd" || program == "usermod" || program == "7z") return "p";
  if (program == "redis-cli") return "a";
  return program.starts_with("ldap") ? "w" : "";
}

class Line {
 public:
  explicit Line(std::string_view line) : lower_(to_lower(line)) {}

  /// Where what nobody is to see begins; npos = nowhere.
  std::size_t hidden_from() {
    for (std::size_t at = 0; at < lower_.size();) {
      if (lower_[at] == '@' && takes_from_user(at)) return user_begin_;
      if (!is_word(lower_[at])) {
        ++at;
        continue;
      }
      auto end = at;
      while (end < lower_.size() && is_word(lower_[end])) ++end;
      if (const auto from = after_word(at, end); from != kNowhere) return from;
      at = std::max(end, past_hidden_);
    }
    return kNowhere;
  }

 private:
  char next(std::size_t at) const { return at < lower_.size() ? lower_[at] : '\0'; }

  std::size_t after_word(std::size_t begin, std::size_t end) {
    const bool is_flag = lower_[begin] == '-';
    const auto word = std::string_view(lower_).substr(begin, end - begin);
    const auto name = word.substr(std::min(word.find_first_not_of('-'), word.size()));
    const auto before = std::exchange(last_, name);
    if (is_flag && takes_by_letter(word)) return end_of_flag(begin, end);
    if (const auto flags = password_flags(name); !flags.empty() && !is_flag) flags_ = flags;
    if ((name == "login" && before == "vault") || (name == "authorization" && is_header(end)) || (name == "by" && before == "identified") || ((name == "pwd" || name == "pass") && is_given(end))) return value_after(end);
    if (word == "-u" || word == "--user" || word == "--proxy-user") return password_of_user(end);
    if (takes_from_pipe(name, begin)) return std::min(lower_.find_first_not_of(" \t"), begin);
    return is_secret_word(name) && !is_reference(begin, end) ? value_after(end) : kNowhere;
  }

  bool takes_from_pipe(std::string_view name, std::size_t begin) const {
    const bool takes = name == "chpasswd" || name == "password-stdin" || (name == "passwd" && lower_.find("stdin", begin) != kNowhere);
    return takes && lower_.find('|') < begin;
  }

  bool is_given(std::size_t end) const {
    const char sign = next(std::min(lower_.find_first_not_of(" \t\"'", end), lower_.size()));
    return sign == '=' || sign == ':';
  }

  bool is_header(std::size_t end) const { return next(std::min(lower_.find_first_not_of(" \t\"'\\", end), lower_.size())) == ':'; }

  /// A path, "{{ x }}", "${X}", "$X"; a name in front of a colon that belongs to it ("secretsmanager:GetSecretValue") gives nothing to anybody.
  bool is_reference(std::size_t begin, std::size_t end) const {
    const char after = next(end);
    if (after == '/' || after == '}' || after == ')' || after == ']' || after == '|') return true;
    const auto rest = std::string_view(lower_).substr(end);
    if (after == ':' && rest.size() > 1 && !is_space(rest[1]) && rest[1] != '"' && rest[1] != '\'' && rest[1] != '=' && rest[1] != '-') return true;
    const auto sign = rest.find_first_not_of(" \t");
    if (sign != kNowhere && (rest.substr(sign).starts_with("}}") || rest[sign] == '|')) return true;
    return begin > 0 && lower_[begin - 1] == '$' && (sign == kNowhere || rest[sign] != '=');
  }

  /// mysql -psecret, mysql -p secret; not -p alone at the end, which asks for it.
  bool takes_by_letter(std::string_view word) const { return word.size() > 1 && word[1] != '-' && flags_.find(word[1]) != kNowhere; }
  std::size_t end_of_flag(std::size_t begin, std::size_t end) { return end > begin + 2 ? begin + 2 : value_after(end); }

  std::size_t password_of_user(std::size_t end) const {
    const auto user = lower_.find_first_not_of(" \t\"'=", end);
    if (user == kNowhere || lower_[user] == '$') return kNowhere;
    const auto stop = std::min(lower_.find_first_of(" \t\"'", user), lower_.size());
    const auto colon = std::string_view(lower_).substr(0, stop).find(':', user);
    if (colon == kNowhere || colon + 1 == stop || lower_[colon + 1] == '$') return kNowhere;
    const auto both = std::string_view(lower_).substr(user, stop - user);
    const bool ids = std::ranges::all_of(both, [](char c) { return is_digit(c) || c == ':'; });
    return ids ? kNowhere : colon + 1;
  }

  /// user:password@tcp(db:3306)
  bool takes_from_user(std::size_t at) {
    const auto rest = std::string_view(lower_).substr(at);
    if (!rest.starts_with("@tcp(") && !rest.starts_with("@unix(")) return false;
    const auto first = at - std::min(at, kLongestUser);
    const auto known = std::string_view(lower_).substr(first, at - first);
    const auto edge = known.find_last_of(" \t\"'=");
    const auto user = edge == kNowhere ? 0 : edge + 1;
    const auto colon = known.find(':', user);
    if (colon == kNowhere || colon + 1 == known.size()) return false;
    user_begin_ = first + colon + 1;
    return known[colon + 1] != '$' && known[colon + 1] != '(';
  }

  /// Nothing where there is none, where it is harmless, or hidden already.
  std::size_t value_after(std::size_t end) {
    const auto from = lower_.find_first_not_of(" \t\r\"'`=:>,\\", end);
    if (from == kNowhere) return kNowhere;
    const auto rest = std::string_view(lower_).substr(from);
    if (rest.starts_with("(hidden)")) {
      past_hidden_ = from + 8;
      return kNowhere;
    }
    const bool refers = rest.starts_with("{") || (rest[0] == '$' && rest.size() > 1 && (rest[1] == '{' || rest[1] == '(' || rest[1] == '_' || (rest[1] >= 'a' && rest[1] <= 'z')));
    if (refers || rest.find_first_not_of(" \t\r\"'`)]};,{[") == kNowhere) return kNowhere;
    static constexpr std::array<std::string_view, 6> kHarmless{"true", "false", "yes", "no", "null", "none"};
    const auto word = trim(rest);
    return std::ranges::find(kHarmless, word) == kHarmless.end() ? from : kNowhere;
  }

  std::string lower_;
  std::string_view last_{};   ///< the word before
  std::string_view flags_{};  ///< of the program that was named
  std::size_t user_begin_ = 0;
  std::size_t past_hidden_ = 0;
};

}  // namespace

bool is_spoken_secret(std::string_view name) { return is_secret_word(to_lower(name)); }

bool is_lone_secret_flag(std::string_view argument) {
  const auto name = argument.find_first_not_of('-');
  return name != 0 && name != kNowhere && argument.find_first_of("= ") == kNowhere && is_spoken_secret(argument.substr(name));
}

std::string without_spoken_secrets(std::string_view line, std::string_view replacement) {
  const auto from = Line(line).hidden_from();
  return from == kNowhere ? std::string(line) : std::string(line.substr(0, from)).append(replacement);
}

}  // namespace driftwarden
