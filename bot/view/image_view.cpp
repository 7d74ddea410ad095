#include "bot/view/image_view.hpp"

#include "bot/view/blocks.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace driftwarden::view {
namespace {

constexpr std::size_t kMostTags = 100;
constexpr std::size_t kPastShown = 4;
constexpr std::size_t kMostImages = 10;
constexpr std::size_t kLongestValue = 150;

std::string last_part(const std::string& image) { return image.substr(image.rfind('/') == std::string::npos ? 0 : image.rfind('/') + 1); }

/// As short as it must be for a menu, as long as it must be to be the only one.
std::string name_for(const App& app, const ImageChoice& choice, const std::vector<ImageChoice>& all) {
  constexpr std::size_t kRoom = 60;
  if (fmt::format("set-image {} {}", app.name, choice.image).size() + kRoom <= kLongestValue) return choice.image;
  const auto shorter = last_part(choice.image);
  const auto alike = std::ranges::count_if(all, [&](const ImageChoice& one) { return last_part(one.image) == shorter || one.container == shorter; });
  return alike == 1 ? shorter : choice.image;
}

/// Plain text, at most 75: a menu knows no marks and no dates of the reader's own zone.
std::string option_text(const ImageTag& tag, const ImageChoice& choice, WallTime now) {
  auto text = tag.tag;
  if (tag.now) text += " \u00b7 now";
  if (tag.ran_from) {
    text += fmt::format(" \u00b7 {} {} ago", tag.now ? "since" : "ran", format_age(std::max(Duration{0}, now - *tag.ran_from)));
    if (tag.now) text.resize(text.size() - std::string_view(" ago").size());
    if (!tag.health.empty()) text += ", " + tag.health;
  }
  if (!tag.ran_from && tag.in_registry) text += " \u00b7 registry";
  if (!tag.in_registry && !choice.registry.empty() && choice.silent.empty()) text += " \u00b7 not in the registry";
  return ellipsize(text, 75);
}

std::string origin_words(const ImageChoice& choice) {
  if (choice.registry.empty()) return "From Git only: no registry is configured for it";
  if (!choice.silent.empty()) return fmt::format(":warning: From Git only: {}", slack::escape(ellipsize(choice.silent, 300)));
  const auto shown = std::min(choice.tags.size(), kMostTags);
  const auto cut = choice.tags.size() > shown ? fmt::format(", the newest {} are in the menu", shown) : std::string();
  return fmt::format("From Git and {}, which has {} {}{}", slack::escape(choice.registry), choice.in_registry, choice.in_registry == 1 ? "tag" : "tags", cut);
}

/// "`1.4.1` 3 d ago by bob (`4f2c81a`), healthy", a line each.
std::string past_lines(const ImageChoice& choice) {
  std::vector<const ImageTag*> past;
  for (const auto& tag : choice.tags) {
    if (tag.ran_from) past.push_back(&tag);
  }
  std::ranges::stable_sort(past, [](const ImageTag* a, const ImageTag* b) { return *a->ran_from > *b->ran_from; });
  std::string lines;
  for (const auto* tag : past) {
    if (std::ranges::count(lines, '\n') == static_cast<std::ptrdiff_t>(kPastShown)) break;
    lines += fmt::format("\n\u2022 {}{} {} by {} ({}){}", code_span(tag->tag), tag->now ? " *now*, since" : "", time_span(*tag->ran_from), slack::escape(tag->author), code_span(short_sha(tag->commit)),
                         tag->health.empty() ? "" : ", " + slack::escape(tag->health));
  }
  return lines;
}

void add_choice(Blocks& blocks, std::string& text, const App& app, const ImageChoice& choice, const std::vector<ImageChoice>& all, WallTime now) {
  const auto title = fmt::format("{}{} is at {}", code_span(choice.image), choice.container.empty() ? "" : fmt::format(" ({})", slack::escape(choice.container)),
                                 choice.now.empty() ? "no tag" : code_span(choice.now));
  const auto lines = title + past_lines(choice);
  blocks.section(lines);
  const auto name = name_for(app, choice, all);
  std::vector<Option> options;
  for (const auto& tag : choice.tags) {
    if (options.size() == kMostTags) break;
    options.push_back({option_text(tag, choice, now), fmt::format("set-image {} {}:{}", app.name, name, tag.tag)});
  }
  blocks.select("Choose a tag", options);
  blocks.context({origin_words(choice)});
  std::vector<std::string> newest;
  for (const auto& tag : choice.tags) {
    if (newest.size() < 5) newest.push_back(code_span(tag.tag));
  }
  text += fmt::format("\n{}{}. {}", lines, newest.empty() ? "" : "\nNewest: " + join(newest, ", "), origin_words(choice));
}

}  // namespace

slack::Message image_message(const App& app, const std::vector<ImageChoice>& choices, WallTime now) {
  Blocks blocks;
  const auto title = fmt::format("*{}*: which tag?", slack::escape(app.name));
  std::string text = title;
  blocks.section(title);
  for (std::size_t i = 0; i < std::min(choices.size(), kMostImages); ++i) add_choice(blocks, text, app, choices[i], choices, now);
  if (choices.size() > kMostImages) blocks.context({fmt::format("\u2026 and {} more images: name one with `set-image {} NAME`", choices.size() - kMostImages, slack::escape(app.name))});
  const auto usage = fmt::format("Or say `set-image {} NAME:TAG`; it becomes a pull request.", slack::escape(app.name));
  blocks.context({usage});
  return message_of(blocks, text + "\n" + usage);
}

std::string no_such_tag(const std::string& registry, const std::string& image, const std::string& tag, const std::vector<std::string>& nearest) {
  std::vector<std::string> spans;
  for (const auto& one : nearest) spans.push_back(code_span(one));
  return fmt::format(":warning: {} has no tag {} of {}{}.", slack::escape(registry), code_span(tag), code_span(image), spans.empty() ? "" : "; nearest: " + join(spans, ", "));
}

}  // namespace driftwarden::view
