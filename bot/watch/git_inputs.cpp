#include "bot/watch/git_inputs.hpp"

#include "bot/watch/fleet.hpp"

#include <fmt/core.h>

namespace driftwarden {
namespace {

constexpr const char* kPins = ".driftwarden/pins";
constexpr const char* kIgnores = ".driftwarden/ignore";

/// "" where there is nothing.
Result<std::string> id_at(Mirror& mirror, const std::string& revision, const std::string& path) {
  auto id = mirror.tree_id(revision, path);
  if (!id && id.error().kind == ErrorKind::NotFound) return std::string();
  return id;
}

/// The commit that a pin names, when it is one that was merged.
Result<std::string> pinned_revision(Mirror& mirror, const std::string& path, const std::string& commit) {
  TRY(const auto text, mirror.read_file(commit, path));
  TRY(const auto pin, parse_pin(text, path));
  auto revision = mirror.resolve(pin.revision);
  if (!revision) return wrap(path, revision.error());
  TRY(const auto merged, mirror.is_ancestor(*revision, commit));
  if (!merged) return Error{ErrorKind::InvalidInput, fmt::format("{}: {} was never merged", path, pin.revision)};
  return revision;
}

/// What is in force without a pin: a tag, branch or commit that the App names, else the branch's own commit.
Result<std::string> unpinned_revision(Mirror& mirror, const App& app, const std::string& commit) {
  if (app.revision.empty() || app.revision == "HEAD" || app.revision == mirror.branch()) return commit;
  auto revision = mirror.revision_of(app.revision);
  if (!revision) return wrap(fmt::format("revision \"{}\" of App {}", app.revision, app.name), revision.error());
  return revision;
}

/// One repository's head, and what all its Apps have in common there.
class HeadReader {
 public:
  static Result<HeadReader> make(Mirror& mirror, const std::string& previous, std::string head) {
    HeadReader reader(mirror, std::move(head));
    TRY(reader.pins_, id_at(mirror, reader.head_, kPins));
    TRY(reader.ignores_, id_at(mirror, reader.head_, kIgnores));
    if (!previous.empty()) {
      const auto moved_on = mirror.is_ancestor(previous, reader.head_);
      reader.moved_on_ = moved_on && *moved_on;
    }
    return reader;
  }

  /// The remote didn't say what tags and branches stand for: nobody asks it again for each App.
  void not_followed(Error why) { not_followed_ = std::move(why); }

  LookedUp look_up(const LookUp& asked) {
    LookedUp found;
    if (auto done = find_tree(asked, found.inputs); !done) found.inputs.error = done.error();
    if (auto done = find_rules(asked, found); !done) {
      found.inputs.ignore.clear();
      found.rules = ImportedRules{{}, {fmt::format("{}: {}", ignore_path(asked.app.name), done.error().message)}};
    }
    if (asked.last_synced.empty()) return found;
    // A revision that is gone from the mirror is just not known.
    if (const auto then = find_app_sources(mirror_, asked.app, asked.last_synced, found.inputs.sources)) found.inputs.synced_tree = id_of(*then);
    return found;
  }

 private:
  HeadReader(Mirror& mirror, std::string head) : mirror_(mirror), head_(std::move(head)) {}

  Result<std::string> unpinned(const LookUp& asked) {
    if (!not_followed_ || asked.app.revision.empty()) return unpinned_revision(mirror_, asked.app, head_);
    if (!asked.known.error && !asked.known.revision.empty()) return asked.known.revision;
    return wrap(fmt::format("revision \"{}\" of App {}", asked.app.revision, asked.app.name), *not_followed_);
  }

  Result<void> find_tree(const LookUp& asked, AppInputs& inputs) {
    TRY(inputs.revision, unpinned(asked));
    if (asked.app.track == Track::Pin && !pins_.empty()) {
      TRY(inputs.pin, id_at(mirror_, head_, pin_path(asked.app.name)));
      CHECK_OK(find_pinned(asked, inputs));
    }
    const bool as_before = !asked.known.error && !asked.known.tree.empty() && asked.known.revision == inputs.revision;
    if (as_before) {
      inputs.tree = asked.known.tree;
      inputs.sources = asked.known.sources;
    } else {
      TRY(inputs.sources, find_app_sources(mirror_, asked.app, inputs.revision, asked.known.sources));
      inputs.tree = id_of(inputs.sources);
    }
    return Result<void>{};
  }

  /// A pin that was good stays good while the branch only moves on: the walk through its history is spared.
  Result<void> find_pinned(const LookUp& asked, AppInputs& inputs) {
    if (inputs.pin.empty()) return Result<void>{};
    if (moved_on_ && !asked.known.error && asked.known.pin == inputs.pin) {
      inputs.revision = asked.known.revision;
      return Result<void>{};
    }
    TRY(inputs.revision, pinned_revision(mirror_, pin_path(asked.app.name), head_));
    return Result<void>{};
  }

  Result<void> find_rules(const LookUp& asked, LookedUp& found) {
    const auto path = ignore_path(asked.app.name);
    if (!ignores_.empty()) {
      TRY(found.inputs.ignore, id_at(mirror_, head_, path));
    }
    if (found.inputs.ignore == asked.known.ignore) return Result<void>{};
    if (found.inputs.ignore.empty()) {
      found.rules = ImportedRules{};
      return Result<void>{};
    }
    TRY(const auto text, mirror_.read_file(head_, path));
    found.rules = parse_ignore_file(text, path);
    return Result<void>{};
  }

  Mirror& mirror_;
  std::string head_;
  std::string pins_;
  std::string ignores_;
  std::optional<Error> not_followed_;
  bool moved_on_ = false;  ///< all that was merged at the previous head still is
};

}  // namespace

Result<std::vector<LookedUp>> look_up(Mirror& mirror, const std::string& previous, const std::string& head, const std::vector<LookUp>& apps) {
  std::vector<std::string> names;
  for (const auto& asked : apps) {
    if (!asked.app.revision.empty()) names.push_back(asked.app.revision);
  }
  const auto followed = mirror.follow(names);
  TRY(auto reader, HeadReader::make(mirror, previous, head));
  if (!followed) reader.not_followed(followed.error());
  std::vector<LookedUp> found;
  found.reserve(apps.size());
  for (const auto& asked : apps) found.push_back(reader.look_up(asked));
  return found;
}

Result<std::string> revision_in_force(Mirror& mirror, const App& app, const std::string& commit) {
  if (app.track == Track::Head) return unpinned_revision(mirror, app, commit);
  const auto path = pin_path(app.name);
  TRY(const auto pin, id_at(mirror, commit, path));
  if (pin.empty()) return unpinned_revision(mirror, app, commit);  // not pinned yet: the first sync writes the pin
  return pinned_revision(mirror, path, commit);
}

namespace {

/// One App at one revision, rendered once, and a second time where that is asked for and may say otherwise.
class Rendering {
 public:
  Rendering(Mirror& mirror, const App& app, const std::string& revision, const Renderer& render)
      : mirror_(mirror), app_(app), revision_(revision), render_(render), step_(fmt::format("rendering {} at {}", app.path, revision.substr(0, 7))) {}

  Result<DesiredState> run(bool compare_twice) {
    TRY(sources_, find_app_sources(mirror_, app_, revision_));
    DesiredState desired;
    desired.revision = revision_;
    desired.tree = id_of(sources_);
    const auto key = render_.cache() ? render_.cache_key(desired.tree, app_) : std::string();
    auto kept = render_.cache() ? render_.cache()->find(key) : std::nullopt;
    bool is_news = false;
    if (!kept) {
      TRY(auto rendered, once(step_));
      is_news = rendered.by_tool;
      kept = CachedRender{std::move(rendered.manifests), rendered.may_vary, std::nullopt};
    }
    if (kept->may_vary && compare_twice && !kept->unstable) {
      TRY(const auto again, once(step_ + " again"));
      is_news = again.by_tool;
      kept->unstable = unstable_paths(kept->manifests, again.manifests);
    }
    if (is_news && render_.cache()) render_.cache()->keep(key, *kept);
    desired.manifests = std::move(kept->manifests);
    if (compare_twice && kept->unstable) desired.unstable = std::move(*kept->unstable);
    return desired;
  }

 private:
  Result<Rendered> once(const std::string& step) {
    if (files_.empty()) {
      TRY(files_, read_sources(mirror_, app_, revision_, sources_));
    }
    auto rendered = render_(files_, app_);
    return rendered ? std::move(rendered) : Result<Rendered>(wrap(step, rendered.error()));
  }

  Mirror& mirror_;
  const App& app_;
  const std::string& revision_;
  const Renderer& render_;
  std::string step_;
  AppSources sources_;
  std::vector<SourceFile> files_;
};

}  // namespace

Result<DesiredState> render_desired(Mirror& mirror, const App& app, const std::string& revision, const Renderer& render, bool compare_twice) {
  return Rendering(mirror, app, revision, render).run(compare_twice);
}

Result<std::vector<std::string>> source_paths(Mirror& mirror, const App& app, const std::string& revision) {
  TRY(const auto sources, find_app_sources(mirror, app, revision));
  std::vector<std::string> paths{app.path};
  for (const auto& [path, id] : sources.outside) paths.push_back(path);
  return paths;
}

Result<std::string> sources_id(Mirror& mirror, const App& app, const std::string& revision) {
  TRY(const auto sources, find_app_sources(mirror, app, revision));
  return id_of(sources);
}

Result<std::vector<Manifest>> render_edited(Mirror& mirror, const App& app, const std::string& revision, const std::vector<FileEdit>& edits, const Renderer& render) {
  if (edits.empty() && render.cache()) {
    TRY(auto desired, render_desired(mirror, app, revision, render, false));
    return std::move(desired.manifests);
  }
  TRY(const auto files, read_edited_sources(mirror, app, revision, edits));
  auto rendered = render(files, app);
  if (!rendered) return wrap(fmt::format("rendering {} as edited", app.path), rendered.error());
  return std::move(rendered->manifests);
}

}  // namespace driftwarden
