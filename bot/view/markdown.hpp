#pragma once
// Markdown for forges, in which nothing from outside takes effect: no mention, no link, no "closes #1", no HTML, no end of a fence.
#include <cstddef>
#include <string>
#include <string_view>

namespace driftwarden::view {

/// References broken by an invisible character: "@bob", "#1", "!2", "GH-1", "https://..." name nobody and nothing. Also for titles,
/// which a squash merge makes a commit message.
std::string without_references(std::string_view text);
/// A word or a sentence from outside, as plain text on one line.
std::string markdown_text(std::string_view text);
/// The same as code.
std::string markdown_code(std::string_view text);
/// A fence longer than any inside.
std::string markdown_fence(std::string_view text, std::string_view language);
/// `body` to be unfolded below `summary`, which is Markdown-free text.
std::string markdown_details(std::string_view summary, std::string_view body);
/// At most `limit` bytes, whole lines, and what is missing said.
std::string cut_text(std::string_view text, std::size_t limit);

}  // namespace driftwarden::view
