#include "gitops/base/text.hpp"
#include "integrations/sandbox/forge/emoji.hpp"
#include "integrations/sandbox/forge/html.hpp"

#include <algorithm>
#include <array>

namespace driftwarden::sandbox::forge {

namespace {

bool is_safe_link(std::string_view target) {
  return target.starts_with("https://") || target.starts_with("http://") || (target.starts_with("/") && !target.starts_with("//")) || target.starts_with("#");
}

std::string link(std::string_view label, std::string_view target) {
  return "<a href=\"" + escape(target) + "\" rel=\"noreferrer\">" + std::string(label) + "</a>";
}

bool is_punctuation(char c) { return std::string_view("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~").find(c) != std::string_view::npos; }

/// Where `mark` stands without a backslash before it.
std::size_t find_plain(std::string_view text, std::string_view mark, std::size_t from) {
  for (auto at = from; at < text.size(); ++at) {
    if (text.substr(at).starts_with(mark)) return at;
    if (text[at] == '\\') ++at;
  }
  return std::string_view::npos;
}

/// One line's inner text. Works on the raw text and escapes each piece once.
class Inline {
 public:
  explicit Inline(std::string_view text) : rest_(text) {}

  std::string render() {
    while (!rest_.empty()) {
      const bool taken = take_escape() || take_comment() || take_code() || take_small() || take_entity() || take_emoji() || take_link() || take_bare_link();
      if (!taken && !take_mark("**", "strong") && !take_mark("__", "strong") && !take_mark("*", "em")) take_text();
    }
    return out_;
  }

 private:
  bool take_escape() {
    if (rest_.size() < 2 || rest_.front() != '\\' || !is_punctuation(rest_[1])) return false;
    out_ += escape(rest_.substr(1, 1));
    rest_.remove_prefix(2);
    return true;
  }

  /// As it came: it is what `escape` would make of its character.
  bool take_entity() {
    static constexpr std::array<std::string_view, 5> kEntities{"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    const auto* found = std::ranges::find_if(kEntities, [&](std::string_view entity) { return rest_.starts_with(entity); });
    if (found == kEntities.end()) return false;
    out_ += *found;
    rest_.remove_prefix(found->size());
    return true;
  }

  /// The only tag inside of a line.
  bool take_small() {
    constexpr std::string_view kOpen = "<sub>";
    constexpr std::string_view kClose = "</sub>";
    const auto end = rest_.starts_with(kOpen) ? find_plain(rest_, kClose, kOpen.size()) : std::string_view::npos;
    if (end == std::string_view::npos) return false;
    out_ += "<sub>" + Inline(rest_.substr(kOpen.size(), end - kOpen.size())).render() + "</sub>";
    rest_.remove_prefix(end + kClose.size());
    return true;
  }

  bool take_emoji() {
    const auto end = rest_.starts_with(':') ? rest_.find(':', 1) : std::string_view::npos;
    const auto sign = end == std::string_view::npos ? std::string_view{} : emoji(rest_.substr(1, end - 1));
    if (sign.empty()) return false;
    out_ += sign;
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool take_comment() {
    const auto end = rest_.starts_with("<!--") ? rest_.find("-->") : std::string_view::npos;
    if (end == std::string_view::npos) return false;
    rest_.remove_prefix(end + 3);
    return true;
  }

  bool take_code() {
    const auto ticks = std::min(rest_.find_first_not_of('`'), rest_.size());
    if (ticks == 0) return false;
    auto end = rest_.find(rest_.substr(0, ticks), ticks);
    while (end != std::string_view::npos && rest_.find_first_not_of('`', end) != std::string_view::npos && rest_.find_first_not_of('`', end) != end + ticks) {
      end = rest_.find(rest_.substr(0, ticks), rest_.find_first_not_of('`', end));
    }
    if (end == std::string_view::npos) {
      out_ += rest_.substr(0, ticks);
      rest_.remove_prefix(ticks);
      return true;
    }
    auto code = rest_.substr(ticks, end - ticks);
    if (code.size() > 2 && code.front() == ' ' && code.back() == ' ') code = code.substr(1, code.size() - 2);
    out_ += "<code>" + escape(code) + "</code>";
    rest_.remove_prefix(end + ticks);
    return true;
  }

  bool take_link() {
    if (!rest_.starts_with('[')) return false;
    const auto middle = find_plain(rest_, "](", 1);
    const auto end = middle == std::string_view::npos ? middle : rest_.find(')', middle);
    if (end == std::string_view::npos) return false;
    const auto target = trim(rest_.substr(middle + 2, end - middle - 2));
    const auto label = Inline(rest_.substr(1, middle - 1)).render();
    out_ += is_safe_link(target) ? link(label, target) : label;
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool take_bare_link() {
    if (!rest_.starts_with("https://") && !rest_.starts_with("http://")) return false;
    auto end = std::min(rest_.find_first_of(" \t<>\"')|"), rest_.size());
    while (end > 0 && std::string_view(".,;:!?").find(rest_[end - 1]) != std::string_view::npos) --end;
    const auto target = rest_.substr(0, end);
    out_ += link(escape(target), target);
    rest_.remove_prefix(end);
    return true;
  }

  bool take_mark(std::string_view mark, const char* tag) {
    if (!rest_.starts_with(mark)) return false;
    const auto end = find_plain(rest_, mark, mark.size());
    const auto inner = end == std::string_view::npos ? std::string_view{} : rest_.substr(mark.size(), end - mark.size());
    if (inner.empty() || inner.front() == ' ' || inner.back() == ' ') return false;
    out_ += std::string("<") + tag + ">" + Inline(inner).render() + "</" + tag + ">";
    rest_.remove_prefix(end + mark.size());
    return true;
  }

  void take_text() {
    std::size_t size = 1;
    while (size < rest_.size() && std::string_view("`[*_h<\\&:").find(rest_[size]) == std::string_view::npos) ++size;
    out_ += escape(rest_.substr(0, size));
    rest_.remove_prefix(size);
  }

  std::string_view rest_;
  std::string out_;
};

std::string inline_html(std::string_view text) { return Inline(text).render(); }

/// Leading spaces, then "- ", "* " or "12. "; what is left, or nothing.
struct Bullet {
  bool found = false;
  bool ordered = false;
  std::string_view text;
};

Bullet find_bullet(std::string_view line) {
  const auto text = trim(line);
  if (text.starts_with("- ") || text.starts_with("* ")) return {true, false, text.substr(2)};
  const auto digits = text.find_first_not_of("0123456789");
  if (digits != 0 && digits != std::string_view::npos && text.substr(digits).starts_with(". ")) return {true, true, text.substr(digits + 2)};
  return {};
}

class Blocks {
 public:
  std::string render(std::string_view text) {
    for (auto& line : split(text, '\n')) {
      if (line.ends_with('\r')) line.pop_back();
      if (in_fence_) {
        take_fenced(line);
      } else {
        take(line);
      }
    }
    close_all();
    if (in_fence_) out_ += "</pre>";
    if (awaits_title_) open_untitled_fold();
    for (; folds_ > 0; --folds_) out_ += "</div></details>";
    return out_;
  }

 private:
  void take_fenced(const std::string& line) {
    const auto text = trim(line);
    if (text.size() >= fence_ && text.find_first_not_of('`') == std::string_view::npos) {
      in_fence_ = false;
      out_ += "</pre>";
      return;
    }
    const char sign = line.empty() ? ' ' : line.front();
    const char* kind = !is_diff_ ? nullptr : sign == '+' ? "add" : sign == '-' ? "del" : line.starts_with("@@") ? "hunk" : nullptr;
    out_ += kind == nullptr ? escape(line) + "\n" : std::string("<span class=\"") + kind + "\">" + escape(line) + "</span>\n";
  }

  void take(const std::string& line) {
    const auto text = trim(line);
    const auto bullet = find_bullet(line);
    if (awaits_title_ && !text.empty() && !text.starts_with("<summary>")) open_untitled_fold();
    if (hidden_) {
      take_hidden(text);
    } else if (text.starts_with("```")) {
      close_all();
      in_fence_ = true;
      fence_ = std::min(text.find_first_not_of('`'), text.size());
      is_diff_ = trim(text.substr(fence_)) == "diff";
      out_ += "<pre class=\"fence\">";
    } else if (text.empty()) {
      close_all();
    } else if (take_hidden(text) || take_fold(text) || take_row(text)) {
      return;
    } else if (text == "---" || text == "***" || text == "___") {
      close_all();
      out_ += "<hr>";
    } else if (take_heading(text) || take_quote(text)) {
      return;
    } else if (bullet.found) {
      open_list(bullet.ordered ? "ol" : "ul");
      out_ += "<li>" + inline_html(bullet.text) + "</li>";
    } else {
      if (!list_.empty() || table_) close_all();
      out_ += paragraph_ ? "<br>" : "<p>";
      paragraph_ = true;
      out_ += inline_html(text);
    }
  }

  /// An HTML comment over whole lines: bots keep their marks in those.
  bool take_hidden(std::string_view text) {
    if (!hidden_ && !text.starts_with("<!--")) return false;
    const auto end = text.find("-->");
    if (!hidden_ && end != std::string_view::npos && end + 3 < text.size()) return false;
    if (!hidden_) close_all();
    hidden_ = end == std::string_view::npos;
    return true;
  }

  /// <details>, <summary>what</summary> and </details>, each with or without the others on its line.
  bool take_fold(std::string_view text) {
    constexpr std::string_view kOpen = "<details>";
    constexpr std::string_view kTitle = "<summary>";
    constexpr std::string_view kTitleEnd = "</summary>";
    if (text == "</details>") {
      if (folds_ == 0) return true;
      close_all();
      out_ += "</div></details>";
      --folds_;
      return true;
    }
    const bool opens = text.starts_with(kOpen);
    if (opens) text = trim(text.substr(kOpen.size()));
    const bool titled = text.starts_with(kTitle) && text.ends_with(kTitleEnd);
    if (!opens && !(titled && awaits_title_)) return false;
    if (!text.empty() && !titled) return false;
    if (opens) {
      close_all();
      out_ += "<details class=\"fold\">";
      ++folds_;
    }
    awaits_title_ = !titled;
    if (titled) out_ += "<summary>" + inline_html(text.substr(kTitle.size(), text.size() - kTitle.size() - kTitleEnd.size())) + "</summary><div>";
    return true;
  }

  void open_untitled_fold() {
    awaits_title_ = false;
    out_ += "<summary>Details</summary><div>";
  }

  static std::vector<std::string> cells_of(std::string_view text) {
    std::vector<std::string> cells{""};
    for (std::size_t at = 1; at + 1 < text.size(); ++at) {
      if (text[at] == '\\' && text[at + 1] == '|') {
        cells.back() += '|';
        ++at;
      } else if (text[at] == '|') {
        cells.emplace_back();
      } else {
        cells.back() += text[at];
      }
    }
    return cells;
  }

  /// "| a | b |": the first row of a table is its head, "|---|---|" is only a line.
  bool take_row(std::string_view text) {
    if (text.size() < 3 || !text.starts_with('|') || !text.ends_with('|')) return false;
    if (table_ && text.find_first_not_of("|-: ") == std::string_view::npos) return true;
    const bool first = !table_;
    if (first) {
      close_all();
      out_ += "<table class=\"grid\">";
      table_ = true;
    }
    const std::string tag = first ? "th" : "td";
    out_ += "<tr>";
    for (const auto& cell : cells_of(text)) out_ += "<" + tag + ">" + inline_html(trim(cell)) + "</" + tag + ">";
    out_ += "</tr>";
    return true;
  }

  bool take_heading(std::string_view text) {
    const auto level = text.find_first_not_of('#');
    if (level == 0 || level == std::string_view::npos || level > 6 || text[level] != ' ') return false;
    close_all();
    // The page's own title is the only h1.
    const auto tag = "h" + std::to_string(std::min<std::size_t>(level + 1, 6));
    out_ += "<" + tag + ">" + inline_html(trim(text.substr(level))) + "</" + tag + ">";
    return true;
  }

  bool take_quote(std::string_view text) {
    if (!text.starts_with('>')) return false;
    close_all();
    out_ += "<blockquote>" + inline_html(trim(text.substr(1))) + "</blockquote>";
    return true;
  }

  void open_list(const std::string& tag) {
    if (list_ == tag) return;
    close_all();
    list_ = tag;
    out_ += "<" + tag + ">";
  }

  void close_all() {
    if (paragraph_) out_ += "</p>";
    if (!list_.empty()) out_ += "</" + list_ + ">";
    if (table_) out_ += "</table>";
    table_ = false;
    paragraph_ = false;
    list_.clear();
  }

  std::string out_;
  bool in_fence_ = false;
  std::size_t fence_ = 3;  ///< how many backticks end it
  bool is_diff_ = false;
  bool paragraph_ = false;
  bool table_ = false;
  bool hidden_ = false;
  bool awaits_title_ = false;
  int folds_ = 0;
  std::string list_;
};

}  // namespace

std::string render_markdown(std::string_view text) { return Blocks{}.render(text); }

}  // namespace driftwarden::sandbox::forge
