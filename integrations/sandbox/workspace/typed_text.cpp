#include "integrations/sandbox/workspace/typed_text.hpp"

#include "gitops/base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace driftwarden::sandbox::workspace {
namespace {

using namespace std::string_view_literals;

constexpr std::array kTopDomains{"com"sv, "org"sv, "net"sv, "io"sv, "dev"sv, "app"sv, "co"sv,   "ai"sv,    "de"sv,   "uk"sv,  "eu"sv, "fr"sv, "us"sv,
                                 "py"sv,  "sh"sv,  "rs"sv,  "md"sv, "cc"sv,  "me"sv,  "info"sv, "cloud"sv, "tech"sv, "zip"sv, "pl"sv, "tf"sv};

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kEmoji{{{"✅", ":white_check_mark:"},
                                                                                {"⚠️", ":warning:"},
                                                                                {"🚨", ":rotating_light:"},
                                                                                {"❌", ":x:"},
                                                                                {"🔍", ":mag:"},
                                                                                {"👀", ":eyes:"},
                                                                                {"💤", ":zzz:"},
                                                                                {"🔒", ":lock:"},
                                                                                {"🚀", ":rocket:"},
                                                                                {"👍", ":+1:"},
                                                                                {"👎", ":-1:"},
                                                                                {"🎉", ":tada:"},
                                                                                {"🙂", ":slightly_smiling_face:"},
                                                                                {"😀", ":grinning:"},
                                                                                {"🔥", ":fire:"},
                                                                                {"❤️", ":heart:"}}};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

/// The name that follows '@' or '#' at `at`; trailing '-' and '_' belong to it only inside.
std::string_view name_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && (is_word(text[end]) || text[end] == '.')) ++end;
  while (end > at && text[end - 1] == '.') --end;
  return text.substr(at, end - at);
}

struct Token {
  enum class Kind { Text, User, Channel, Group, Broadcast, Link, Emoji, Code, Pre };
  Kind kind = Kind::Text;
  std::string shown;   ///< text, label, or what stands in the code
  std::string target;  ///< id or URL
};

class Reader {
 public:
  Reader(const WorkspaceState& state, std::string_view text) : state_(state), text_(text) {}

  std::vector<Token> tokens(bool with_links) {
    while (at_ < text_.size()) {
      if (!code("```", Token::Kind::Pre) && !code("`", Token::Kind::Code) && !name() && !(with_links && (emoji() || link()))) literal();
    }
    return std::move(tokens_);
  }

 private:
  bool at_word_start() const { return at_ == 0 || (!is_word(text_[at_ - 1]) && text_[at_ - 1] != '/' && text_[at_ - 1] != '.' && text_[at_ - 1] != '@'); }

  void literal() {
    if (tokens_.empty() || tokens_.back().kind != Token::Kind::Text) tokens_.push_back(Token{});
    tokens_.back().shown += text_[at_++];
  }

  void take(Token::Kind kind, std::string shown, std::string target, std::size_t length) {
    tokens_.push_back(Token{kind, std::move(shown), std::move(target)});
    at_ += length;
  }

  bool code(std::string_view fence, Token::Kind kind) {
    if (text_.substr(at_, fence.size()) != fence) return false;
    const auto end = text_.find(fence, at_ + fence.size());
    if (end == std::string_view::npos || end == at_ + fence.size()) return false;
    const auto inside = text_.substr(at_ + fence.size(), end - at_ - fence.size());
    if (kind == Token::Kind::Code && inside.find('\n') != std::string_view::npos) return false;
    take(kind, std::string{inside}, {}, inside.size() + 2 * fence.size());
    return true;
  }

  bool name() {
    const char sigil = text_[at_];
    if ((sigil != '@' && sigil != '#') || !at_word_start()) return false;
    const auto word = std::string{name_at(text_, at_ + 1)};
    if (word.empty()) return false;
    if (sigil == '#') return channel(word);
    if (const auto* person = state_.find_person(to_lower(word)); person != nullptr) {
      take(Token::Kind::User, person->name, person->id, word.size() + 1);
      return true;
    }
    if (word == "here" || word == "channel" || word == "everyone") {
      take(Token::Kind::Broadcast, word, word, word.size() + 1);
      return true;
    }
    for (const auto& group : state_.options().usergroups) {
      if (group.handle != word) continue;
      take(Token::Kind::Group, group.handle, group.id, word.size() + 1);
      return true;
    }
    return false;
  }

  bool channel(const std::string& word) {
    for (const auto& channel : state_.options().channels) {
      if (channel.name != word) continue;
      take(Token::Kind::Channel, channel.name, channel.id, word.size() + 1);
      return true;
    }
    return false;
  }

  bool emoji() {
    for (const auto& [sign, name] : kEmoji) {
      if (text_.substr(at_, sign.size()) != sign) continue;
      take(Token::Kind::Emoji, std::string{name}, std::string{name.substr(1, name.size() - 2)}, sign.size());
      return true;
    }
    return false;
  }

  /// "https://…", "mail@host", or a bare host with a known ending, as Slack's composer links them.
  bool link() {
    if (at_ > 0 && !is_space(text_[at_ - 1]) && text_[at_ - 1] != '(' && text_[at_ - 1] != '"') return false;
    std::size_t end = at_;
    while (end < text_.size() && !is_space(text_[end]) && text_[end] != '<' && text_[end] != '>' && text_[end] != '"' && text_[end] != '`') ++end;
    while (end > at_ &&
           (text_[end - 1] == '.' || text_[end - 1] == ',' || text_[end - 1] == ')' || text_[end - 1] == '?' || text_[end - 1] == '!' || text_[end - 1] == ':'))
      --end;
    const auto word = std::string{text_.substr(at_, end - at_)};
    if (word.starts_with("https://") || word.starts_with("http://")) {
      const bool bare = word.find('/', word.find("://") + 3) == std::string::npos;
      if (word.size() <= word.find("://") + 3) return false;
      take(Token::Kind::Link, {}, bare ? word + "/" : word, word.size());
      return true;
    }
    const auto sign = word.find('@');
    const auto host = sign == std::string::npos ? word.substr(0, word.find_first_of("/:?#")) : word.substr(sign + 1);
    if (sign == 0 || !looks_like_host(host)) return false;
    take(Token::Kind::Link, word, (sign == std::string::npos ? "http://" : "mailto:") + word, word.size());
    return true;
  }

  static bool looks_like_host(const std::string& host) {
    const auto labels = split(host, '.');
    if (labels.size() < 2) return false;
    for (const auto& label : labels) {
      if (label.empty() || !std::all_of(label.begin(), label.end(), [](char c) { return is_word(c) && c != '_'; })) return false;
    }
    return std::find(kTopDomains.begin(), kTopDomains.end(), labels.back()) != kTopDomains.end();
  }

  const WorkspaceState& state_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

std::string as_text(const Token& token) {
  switch (token.kind) {
    case Token::Kind::User: return "<@" + token.target + ">";
    case Token::Kind::Channel: return "<#" + token.target + "|" + token.shown + ">";
    case Token::Kind::Group: return "<!subteam^" + token.target + ">";
    case Token::Kind::Broadcast: return "<!" + token.target + ">";
    case Token::Kind::Link: return "<" + escaped(token.target) + (token.shown.empty() ? "" : "|" + escaped(token.shown)) + ">";
    case Token::Kind::Emoji: return token.shown;
    case Token::Kind::Code: return "`" + escaped(token.shown) + "`";
    case Token::Kind::Pre: return "```" + escaped(token.shown) + "```";
    case Token::Kind::Text: break;
  }
  return escaped(token.shown);
}

Json as_element(const Token& token) {
  switch (token.kind) {
    case Token::Kind::User: return {{"type", "user"}, {"user_id", token.target}};
    case Token::Kind::Channel: return {{"type", "channel"}, {"channel_id", token.target}};
    case Token::Kind::Group: return {{"type", "usergroup"}, {"usergroup_id", token.target}};
    case Token::Kind::Broadcast: return {{"type", "broadcast"}, {"range", token.target}};
    case Token::Kind::Emoji: return {{"type", "emoji"}, {"name", token.target}};
    case Token::Kind::Code: return {{"type", "text"}, {"text", token.shown}, {"style", {{"code", true}}}};
    case Token::Kind::Link: {
      Json link{{"type", "link"}, {"url", token.target}};
      if (!token.shown.empty()) link["text"] = token.shown;
      return link;
    }
    case Token::Kind::Pre:
    case Token::Kind::Text: break;
  }
  return {{"type", "text"}, {"text", token.shown}};
}

Json as_rich_text(const std::vector<Token>& tokens) {
  Json elements = Json::array();
  for (const auto& token : tokens) {
    const bool pre = token.kind == Token::Kind::Pre;
    const char* kind = pre ? "rich_text_preformatted" : "rich_text_section";
    if (pre || elements.empty() || elements.back()["type"] != kind) elements.push_back(Json{{"type", kind}, {"elements", Json::array()}});
    elements.back()["elements"].push_back(as_element(token));
  }
  Json block{{"type", "rich_text"}, {"elements", std::move(elements)}};
  return Json::array({std::move(block)});
}

}  // namespace

TypedText encode_typed(const WorkspaceState& state, std::string_view typed) {
  const auto tokens = Reader{state, typed}.tokens(true);
  TypedText result;
  for (const auto& token : tokens) result.text += as_text(token);
  result.blocks = as_rich_text(tokens);
  return result;
}

std::string link_names(const WorkspaceState& state, std::string_view text) {
  std::string out;
  for (const auto& token : Reader{state, text}.tokens(false)) {
    if (token.kind == Token::Kind::Text)
      out += token.shown;
    else if (token.kind == Token::Kind::Code)
      out += "`" + token.shown + "`";
    else if (token.kind == Token::Kind::Pre)
      out += "```" + token.shown + "```";
    else
      out += as_text(token);
  }
  return out;
}

std::string encode_command_text(const WorkspaceState& state, std::string_view typed) {
  std::string out;
  for (const auto& token : Reader{state, typed}.tokens(false)) {
    if (token.kind == Token::Kind::User)
      out += "<@" + token.target + "|" + token.shown + ">";
    else if (token.kind == Token::Kind::Text)
      out += token.shown;
    else if (token.kind == Token::Kind::Code)
      out += "`" + token.shown + "`";
    else if (token.kind == Token::Kind::Pre)
      out += "```" + token.shown + "```";
    else
      out += as_text(token);
  }
  return out;
}

bool mentions_bot(std::string_view text) {
  const std::string mention = std::string{"<@"} + kBotUser;
  for (auto at = text.find(mention); at != std::string_view::npos; at = text.find(mention, at + 1)) {
    const auto next = at + mention.size();
    if (next < text.size() && (text[next] == '>' || text[next] == '|')) return true;
  }
  return false;
}

}  // namespace driftwarden::sandbox::workspace
