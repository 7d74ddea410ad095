#include "bot/conversation/image_tags.hpp"

#include "bot/view/blocks.hpp"
#include "gitops/base/async.hpp"
#include "gitops/base/log.hpp"
#include "gitops/base/text.hpp"
#include "gitops/diff/images.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace driftwarden {
namespace {

constexpr std::size_t kCommitsRead = 30;
constexpr std::size_t kNearest = 3;

/// What one commit's files say of images.
struct Said {
  std::string sha;
  std::vector<std::string> images;  ///< whole: "registry.acme.example/shop/checkout:1.4.2"
  std::vector<std::string> tags;    ///< of kustomize's and Helm's own keys, whose image another line names
};

/// "image: web:1.4" -> {"image", "web:1.4"}.
std::pair<std::string, std::string> pair_in(std::string_view line) {
  auto text = trim(line);
  if (text.starts_with("- ")) text = trim(text.substr(2));
  const auto colon = text.find(": ");
  if (colon == std::string_view::npos) return {};
  auto value = std::string(trim(text.substr(colon + 2)));
  if (const auto comment = value.find(" #"); comment != std::string::npos) value.resize(comment);
  std::erase_if(value, [](char c) { return c == '"' || c == '\'' || c == ' '; });
  return {std::string(text.substr(0, colon)), value};
}

Said said_in(const std::string& sha, const std::vector<TreeEntry>& files) {
  Said said;
  said.sha = sha;
  for (const auto& file : files) {
    for (const auto& line : split(file.content, '\n')) {
      const auto [key, value] = pair_in(line);
      if (key == "image" && !value.empty()) said.images.push_back(value);
      if ((key == "newTag" || key == "tag") && !value.empty()) said.tags.push_back(value);
    }
  }
  return said;
}

asio::awaitable<Result<std::vector<Said>>> read_history(Services& services, App app, std::vector<std::string> commits) {
  std::function<Result<std::vector<Said>>(Mirror&)> work = [app, commits](Mirror& mirror) -> Result<std::vector<Said>> {
    std::vector<Said> all;
    for (const auto& sha : commits) {
      if (const auto files = mirror.read_tree(sha, app.path)) all.push_back(said_in(sha, *files));
    }
    return all;
  };
  auto working = services.fleet.repository(app.repository).with_mirror<std::vector<Said>>(std::move(work));
  co_return co_await std::move(working);
}

bool is_called(const std::string& repository, const std::string& name) { return repository == name || repository.ends_with("/" + name); }

/// The tags that the commit gives to this image.
std::vector<std::string> tags_of(const Said& said, const std::string& repository, bool is_only_image) {
  std::vector<std::string> tags;
  for (const auto& text : said.images) {
    const auto image = parse_image(std::string_view(text));
    if (image.repository == repository && !image.tag.empty()) tags.push_back(image.tag);
  }
  if (tags.empty() && is_only_image) tags = said.tags;
  return tags;
}

/// One menu for each repository, with what is there now.
std::vector<view::ImageChoice> choices_of(const std::vector<ImageUse>& uses) {
  std::vector<view::ImageChoice> choices;
  for (const auto& use : uses) {
    const auto image = parse_image(std::string_view(use.image));
    auto found = std::ranges::find(choices, image.repository, &view::ImageChoice::image);
    if (found != choices.end()) {
      if (found->container != use.container) found->container.clear();
      continue;
    }
    view::ImageChoice choice;
    choice.image = image.repository;
    choice.container = use.container;
    choice.now = !image.tag.empty() ? image.tag : image.digest.substr(0, 19);
    if (!image.tag.empty()) {
      view::ImageTag tag;
      tag.tag = image.tag;
      tag.now = true;
      choice.tags.push_back(std::move(tag));
    }
    choices.push_back(std::move(choice));
  }
  return choices;
}

view::ImageTag& tag_of(view::ImageChoice& choice, const std::string& name) {
  const auto found = std::ranges::find(choice.tags, name, &view::ImageTag::tag);
  if (found != choice.tags.end()) return *found;
  view::ImageTag tag;
  tag.tag = name;
  choice.tags.push_back(std::move(tag));
  return choice.tags.back();
}

/// `rows` and what they said, newest first: a tag began where the row before (the older one) hasn't got it.
void add_history(view::ImageChoice& choice, const std::vector<view::HistoryRow>& rows, const std::vector<Said>& all, bool is_only_image) {
  for (const auto& row : rows) {
    const auto said = std::ranges::find(all, row.sha, &Said::sha);
    if (said == all.end()) continue;
    for (const auto& name : tags_of(*said, choice.image, is_only_image)) {
      auto& tag = tag_of(choice, name);
      // Going back in time: the latest stretch of it, from its first commit on; how it did is told by the newest that knows.
      const bool goes_on = !tag.ran_from || tag.commit.empty() || std::ranges::find(rows, tag.commit, &view::HistoryRow::sha) + 1 == std::ranges::find(rows, row.sha, &view::HistoryRow::sha);
      if (!goes_on) continue;
      tag.ran_from = row.time;
      tag.commit = row.sha;
      tag.author = row.author;
      if (tag.health.empty()) tag.health = row.health;
    }
  }
}

void sort_tags(view::ImageChoice& choice) {
  std::vector<std::string> names;
  for (const auto& tag : choice.tags) names.push_back(tag.tag);
  std::map<std::string, std::size_t> place;
  for (auto& name : registry::by_version(std::move(names))) place.emplace(name, place.size());
  std::ranges::stable_sort(choice.tags, [&](const view::ImageTag& a, const view::ImageTag& b) { return place[a.tag] < place[b.tag]; });
}

registry::Registry* registry_for(const Services& services, const std::string& host) {
  const auto found = services.registries.find(host);
  return found == services.registries.end() ? nullptr : found->second;
}

asio::awaitable<void> add_registry(Services& services, view::ImageChoice& choice, MonoTime deadline) {
  const auto name = registry::image_name(choice.image);
  auto* registry = registry_for(services, name.host);
  if (registry == nullptr) co_return;
  choice.registry = name.host;
  auto asking = registry->tags(name.name);
  auto raced = with_deadline(services.clock, deadline, std::move(asking));
  const auto tags = co_await std::move(raced);
  if (!tags) {
    choice.silent = tags.error().kind == ErrorKind::Timeout ? fmt::format("{} gives no answer in {}", name.host, format_duration(kRegistryBudget)) : tags.error().message;
    log_info("registry", "no tags of " + choice.image + ": " + tags.error().message);
    co_return;
  }
  choice.in_registry = tags->size();
  for (const auto& tag : *tags) tag_of(choice, tag).in_registry = true;
}

/// Those most like it, else the newest.
std::vector<std::string> nearest_tags(const std::string& tag, std::vector<std::string> tags) {
  const auto sorted = registry::by_version(std::move(tags));
  std::vector<std::string> near;
  if (const auto one = nearest(tag, sorted)) near.push_back(*one);
  for (const auto& other : sorted) {
    if (near.size() < kNearest && std::ranges::find(near, other) == near.end()) near.push_back(other);
  }
  return near;
}

}  // namespace

std::vector<ImageUse> image_uses(const Services& services, const App& app, const std::string& name) {
  const auto desired = services.fleet.desired(app.name);
  if (!desired) return {};
  auto uses = images_of(*desired);
  if (name.empty()) return uses;
  std::erase_if(uses, [&](const ImageUse& use) { return use.container != name && !is_called(parse_image(std::string_view(use.image)).repository, name); });
  return uses;
}

asio::awaitable<std::vector<view::ImageChoice>> image_choices(Services& services, App app, std::string name) {
  const auto deadline = services.clock.mono_now() + kRegistryBudget;
  auto choices = choices_of(image_uses(services, app, name));
  const bool is_only_image = choices_of(image_uses(services, app, "")).size() == 1;
  auto asking = history_rows(services, app, kCommitsRead);
  const auto rows = co_await std::move(asking);
  if (rows) {
    std::vector<std::string> commits;
    for (const auto& row : *rows) commits.push_back(row.sha);
    auto reading = read_history(services, app, std::move(commits));
    const auto said = co_await std::move(reading);
    for (auto& choice : choices) {
      if (said) add_history(choice, *rows, *said, is_only_image);
    }
  }
  for (auto& choice : choices) {
    auto adding = add_registry(services, choice, deadline);
    co_await std::move(adding);
    sort_tags(choice);
  }
  co_return choices;
}

asio::awaitable<std::string> warn_of_tag(Services& services, App app, SetImageRequest request) {
  if (request.tag.empty()) co_return std::string();
  const auto uses = image_uses(services, app, request.image);
  if (uses.empty()) co_return std::string();
  const auto name = registry::image_name(parse_image(std::string_view(uses.front().image)).repository);
  auto* registry = registry_for(services, name.host);
  if (registry == nullptr) co_return std::string();
  const auto deadline = services.clock.mono_now() + kRegistryBudget;
  auto asking = registry->digest(name.name, request.tag);
  auto raced = with_deadline(services.clock, deadline, std::move(asking));
  const auto digest = co_await std::move(raced);
  if (digest) {
    if (request.digest.empty() || request.digest == *digest) co_return std::string();
    co_return fmt::format(":warning: {} says that {} is {}, not what you gave.", slack::escape(name.host), view::code_span(request.tag), view::code_span(*digest));
  }
  if (digest.error().kind != ErrorKind::NotFound) {
    log_info("registry", "can't check the tag: " + digest.error().message);
    co_return std::string();
  }
  auto listing = registry->tags(name.name);
  auto raced_listing = with_deadline(services.clock, deadline, std::move(listing));
  const auto tags = co_await std::move(raced_listing);
  // Without a list that works it may be the registry that is wrong.
  if (!tags || std::ranges::find(*tags, request.tag) != tags->end()) co_return std::string();
  co_return view::no_such_tag(name.host, name.name, request.tag, nearest_tags(request.tag, *tags));
}

}  // namespace driftwarden
