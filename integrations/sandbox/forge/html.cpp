#include "integrations/sandbox/forge/html.hpp"

#include "gitops/base/text.hpp"
#include "integrations/net/url.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::sandbox::forge {

namespace {

constexpr std::size_t kShortSha = 7;
constexpr std::size_t kDiffLinesMax = 4000;

/// "Requested-by: alice" as its two halves.
bool split_trailer(std::string_view line, std::string& name, std::string& value) {
  const auto colon = line.find(": ");
  if (colon == 0 || colon == std::string_view::npos) return false;
  const auto known = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-'; };
  if (!std::ranges::all_of(line.substr(0, colon), known)) return false;
  name = std::string(line.substr(0, colon));
  value = std::string(trim(line.substr(colon + 2)));
  return true;
}

std::string trailers_html(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) {
    std::string name;
    std::string value;
    if (!split_trailer(line, name, value)) return "";
    out += "<dt>" + escape(name) + "</dt><dd>" + escape(value) + "</dd>";
  }
  return lines.empty() ? "" : "<dl class=\"trailers\">" + out + "</dl>";
}

std::string number_cell(std::size_t number) { return number == 0 ? "<td class=\"n\"></td>" : fmt::format("<td class=\"n\">{}</td>", number); }

std::string line_html(const DiffLine& line) {
  switch (line.kind) {
    case DiffLine::Kind::Hunk: return "<tr class=\"hunk\"><td class=\"n\"></td><td class=\"n\"></td><td>" + escape(line.text) + "</td></tr>";
    case DiffLine::Kind::Note: return "<tr class=\"note\"><td class=\"n\"></td><td class=\"n\"></td><td>" + escape(line.text) + "</td></tr>";
    case DiffLine::Kind::Added: return "<tr class=\"add\"><td class=\"n\"></td>" + number_cell(line.new_line) + "<td><i>+</i>" + escape(line.text) + "</td></tr>";
    case DiffLine::Kind::Removed:
      return "<tr class=\"del\">" + number_cell(line.old_line) + "<td class=\"n\"></td><td><i>-</i>" + escape(line.text) + "</td></tr>";
    case DiffLine::Kind::Context: break;
  }
  return "<tr>" + number_cell(line.old_line) + number_cell(line.new_line) + "<td><i> </i>" + escape(line.text) + "</td></tr>";
}

std::string file_html(const DiffFile& file, const std::string& file_url, const std::string& edit_url, std::size_t& room) {
  const auto name = file.old_path == file.path ? escape(file.path) : escape(file.old_path) + " &rarr; " + escape(file.path);
  std::string path_url;
  for (const auto& part : split(file.path, '/')) path_url += "/" + net::percent_encode(part);
  const bool editable = !edit_url.empty() && file.status != "deleted" && !file.binary;
  const auto edit = editable ? "<a class=\"edit\" href=\"" + escape(edit_url + net::percent_encode(file.path)) + "\">Edit</a>" : "";
  std::string out = fmt::format(
      "<details class=\"file\" open><summary><a class=\"mono\" href=\"{}{}\">{}</a><span class=\"kind\">{}</span>{}"
      "<span class=\"counts\"><b class=\"plus\">+{}</b> <b class=\"minus\">&minus;{}</b></span></summary>",
      escape(file_url), path_url, name, escape(file.status), edit, file.added, file.removed);
  if (file.binary) return out + "<p class=\"quiet pad\">A binary file.</p></details>";
  out += "<div class=\"scroll\"><table class=\"diff\">";
  for (const auto& line : file.lines) {
    if (room == 0) {
      out += "<tr class=\"note\"><td class=\"n\"></td><td class=\"n\"></td><td>The rest is not shown: fetch the branch to see it.</td></tr>";
      break;
    }
    --room;
    out += line_html(line);
  }
  return out + "</table></div></details>";
}

std::string switch_html(const Core& core, const PageFrame& frame) {
  std::string out = "<nav class=\"people\"><span>You are</span>";
  for (const auto& user : core.options().users) {
    const bool me = user.login == frame.person;
    out += fmt::format("<a href=\"{}?person={}\"{}>{}{}</a>", escape(frame.here), net::percent_encode(user.login), me ? " class=\"me\" aria-current=\"true\"" : "",
                       avatar(user.login), escape(user.login));
  }
  return out + "</nav>";
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string avatar(const std::string& login) {
  unsigned hue = 17;
  for (const char c : login) hue = hue * 31U + static_cast<unsigned char>(c);
  const auto first = login.empty() ? std::string("?") : escape(std::string(1, static_cast<char>(std::toupper(static_cast<unsigned char>(login.front())))));
  return fmt::format("<span class=\"avatar c{}\" aria-hidden=\"true\">{}</span>", hue % 8U, first);
}

std::string short_sha(const std::string& sha) { return sha.substr(0, kShortSha); }

std::string time_html(WallTime time, WallTime now) {
  const auto exact = format_time(std::chrono::floor<std::chrono::seconds>(time));
  const auto age = std::max(now - time, Duration{0});
  const std::string text = age < std::chrono::seconds{10} ? "just now" : format_age(age) + " ago";
  return "<time datetime=\"" + exact + "\" title=\"" + exact + "\">" + text + "</time>";
}

std::string message_html(const std::string& message) {
  const auto line_end = message.find('\n');
  if (line_end == std::string::npos) return "";
  std::string out;
  std::string body(trim(std::string_view(message).substr(line_end)));
  const auto last = body.rfind("\n\n");
  const auto tail = trailers_html(split(last == std::string::npos ? body : body.substr(last + 2), '\n'));
  if (!tail.empty()) body = last == std::string::npos ? "" : body.substr(0, last);
  if (!body.empty()) out += "<div class=\"text\">" + escape(body) + "</div>";
  return out + tail;
}

std::string diff_html(const std::vector<DiffFile>& files, const std::string& file_url, const std::string& edit_url) {
  std::size_t room = kDiffLinesMax;
  std::string out;
  for (const auto& file : files) out += file_html(file, file_url, edit_url, room);
  return out.empty() ? "<p class=\"quiet\">No file differs.</p>" : out;
}

std::string state_badge(PullState state) {
  switch (state) {
    case PullState::Open: return "<span class=\"badge open\">Open</span>";
    case PullState::Merged: return "<span class=\"badge merged\">Merged</span>";
    case PullState::Closed: break;
  }
  return "<span class=\"badge closed\">Closed</span>";
}

net::ServerReply page_reply(const Core& core, unsigned status, const PageFrame& frame) {
  std::string html = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>" +
                     escape(frame.title) + "</title><link rel=\"stylesheet\" href=\"" + escape(core.options().prefix) +
                     "/-/style.css\"></head><body><header><div class=\"bar\"><a class=\"brand\" href=\"" + escape(core.options().prefix) +
                     "/\">Sandbox forge</a><span class=\"crumbs\">" + frame.crumbs + "</span>" + switch_html(core, frame) + "</div></header><main>" + frame.body +
                     "</main></body></html>\n";
  net::ServerReply reply(status, "text/html; charset=utf-8", std::move(html));
  reply.headers.set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
  reply.headers.set("X-Content-Type-Options", "nosniff");
  reply.headers.set("Referrer-Policy", "same-origin");
  reply.headers.set("Cache-Control", "no-store");
  return reply;
}

}  // namespace driftwarden::sandbox::forge
