#include "gitops/base/text.hpp"
#include "integrations/sandbox/forge/html.hpp"

#include <algorithm>

namespace driftwarden::sandbox::forge {

namespace {

bool is_safe_link(std::string_view target) {
  return target.starts_with("https://") || target.starts_with("http://") || (target.starts_with("/") && !target.starts_with("//")) || target.starts_with("#");
}

std::string link(std::string_view label, std::string_view target) {
  return "<a href=\"" + escape(target) + "\" rel=\"noreferrer\">" + std::string(label) + "</a>";
}

/// One line's inner text. Works on the raw text and escapes each piece once.
class Inline {
 public:
  explicit Inline(std::string_view text) : rest_(text) {}

  std::string render() {
    while (!rest_.empty()) {
      if (!take_code() && !take_link() && !take_bare_link() && !take_mark("**", "strong") && !take_mark("__", "strong") && !take_mark("*", "em")) take_text();
    }
    return out_;
  }

 private:
  bool take_code() {
    if (!rest_.starts_with('`')) return false;
    const auto end = rest_.find('`', 1);
    if (end == std::string_view::npos) return false;
    out_ += "<code>" + escape(rest_.substr(1, end - 1)) + "</code>";
    rest_.remove_prefix(end + 1);
    return true;
  }

  bool take_link() {
    if (!rest_.starts_with('[')) return false;
    const auto middle = rest_.find("](");
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
    const auto end = rest_.find(mark, mark.size());
    const auto inner = end == std::string_view::npos ? std::string_view{} : rest_.substr(mark.size(), end - mark.size());
    if (inner.empty() || inner.front() == ' ' || inner.back() == ' ') return false;
    out_ += std::string("<") + tag + ">" + Inline(inner).render() + "</" + tag + ">";
    rest_.remove_prefix(end + mark.size());
    return true;
  }

  void take_text() {
    std::size_t size = 1;
    while (size < rest_.size() && std::string_view("`[*_h").find(rest_[size]) == std::string_view::npos) ++size;
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
    return out_;
  }

 private:
  void take_fenced(const std::string& line) {
    if (trim(line).starts_with("```")) {
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
    if (text.starts_with("```")) {
      close_all();
      in_fence_ = true;
      is_diff_ = trim(text.substr(3)) == "diff";
      out_ += "<pre class=\"fence\">";
    } else if (text.empty()) {
      close_all();
    } else if (text == "---" || text == "***" || text == "___") {
      close_all();
      out_ += "<hr>";
    } else if (take_heading(text) || take_quote(text)) {
      return;
    } else if (bullet.found) {
      open_list(bullet.ordered ? "ol" : "ul");
      out_ += "<li>" + inline_html(bullet.text) + "</li>";
    } else {
      if (!list_.empty()) close_all();
      out_ += paragraph_ ? "<br>" : "<p>";
      paragraph_ = true;
      out_ += inline_html(text);
    }
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
    paragraph_ = false;
    list_.clear();
  }

  std::string out_;
  bool in_fence_ = false;
  bool is_diff_ = false;
  bool paragraph_ = false;
  std::string list_;
};

}  // namespace

std::string render_markdown(std::string_view text) { return Blocks{}.render(text); }

}  // namespace driftwarden::sandbox::forge
