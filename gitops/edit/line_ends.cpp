#include "gitops/edit/line_ends.hpp"

#include <algorithm>

namespace driftwarden {

UnixText::UnixText(const std::string& text) : original_(text) {
  mark_ = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  unified_.reserve(text.size());
  for (std::size_t i = mark_; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      dropped_.push_back(unified_.size());
    } else {
      unified_ += text[i];
    }
  }
  const auto lines = static_cast<std::size_t>(std::count(unified_.begin(), unified_.end(), '\n'));
  windows_ = dropped_.size() * 2 > lines;
}

std::size_t UnixText::original(std::size_t at) const {
  const auto before = std::lower_bound(dropped_.begin(), dropped_.end(), at) - dropped_.begin();
  return at + mark_ + static_cast<std::size_t>(before);
}

std::string UnixText::apply(const std::vector<Splice>& splices) const {
  std::string out;
  std::size_t from = 0;
  for (const auto& splice : splices) {
    const auto begin = original(splice.begin);
    out.append(original_, from, begin - from);
    for (const char c : splice.text) {
      if (c == '\n' && windows_) out += '\r';
      out += c;
    }
    from = original(splice.end);
  }
  return out.append(original_, from);
}

}  // namespace driftwarden
