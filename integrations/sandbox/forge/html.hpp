#pragma once
// Small pieces of the forge's pages. Every text that comes from outside goes through `escape`.
#include "integrations/sandbox/forge/diff_parse.hpp"
#include "integrations/sandbox/forge/forge_core.hpp"

#include <string>
#include <string_view>

namespace driftwarden::sandbox::forge {

std::string escape(std::string_view text);
/// Markdown as pull requests use it: headings, emphasis, code, fences (diffs in colour), lists, links, tables left as text.
/// Only http, https and relative links become links.
std::string render_markdown(std::string_view text);
/// Initials in a circle whose colour is the name's.
std::string avatar(const std::string& login);
std::string short_sha(const std::string& sha);
std::string time_html(WallTime time, WallTime now);
/// A commit's message below its title: paragraphs, then its trailers as a list of name and value.
std::string message_html(const std::string& message);
/// `edit_url` + a path is the file's form; "" = none.
std::string diff_html(const std::vector<DiffFile>& files, const std::string& file_url, const std::string& edit_url = "");
std::string state_badge(PullState state);

struct PageFrame {
  std::string title;
  std::string crumbs;  ///< HTML
  std::string body;    ///< HTML
  std::string person;  ///< login of who is looking; "" = nobody
  std::string here;    ///< path of this page, for the person switch
};
net::ServerReply page_reply(const Core& core, unsigned status, const PageFrame& frame);
const char* page_style();

}  // namespace driftwarden::sandbox::forge
