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

  LookedUp look_up(const LookUp& asked) {
    LookedUp found;
    if (auto done = find_tree(asked, found.inputs); !done) found.inputs.error = done.error();
    if (auto done = find_rules(asked, found); !done) {
      found.inputs.ignore.clear();
      found.rules = ImportedRules{{}, {fmt::format("{}: {}", ignore_path(asked.app.name), done.error().message)}};
    }
    if (asked.last_synced.empty()) return found;
    // A revision that is gone from the mirror is just not known.
    if (auto tree = mirror_.tree_id(asked.last_synced, asked.app.path)) found.inputs.synced_tree = std::move(*tree);
    return found;
  }

 private:
  HeadReader(Mirror& mirror, std::string head) : mirror_(mirror), head_(std::move(head)) {}

  Result<void> find_tree(const LookUp& asked, AppInputs& inputs) {
    inputs.revision = head_;
    if (asked.app.track == Track::Pin && !pins_.empty()) {
      TRY(inputs.pin, id_at(mirror_, head_, pin_path(asked.app.name)));
      CHECK_OK(find_pinned(asked, inputs));
    }
    const bool as_before = !asked.known.error && !asked.known.tree.empty() && asked.known.revision == inputs.revision;
    if (as_before) {
      inputs.tree = asked.known.tree;
    } else {
      TRY(inputs.tree, mirror_.tree_id(inputs.revision, asked.app.path));
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
  bool moved_on_ = false;  ///< all that was merged at the previous head still is
};

}  // namespace

Renderer default_renderer() {
  return [](const std::vector<SourceFile>& files, const App& app) { return render(files, app.render, app.namespace_); };
}

Result<std::vector<LookedUp>> look_up(Mirror& mirror, const std::string& previous, const std::string& head, const std::vector<LookUp>& apps) {
  TRY(auto reader, HeadReader::make(mirror, previous, head));
  std::vector<LookedUp> found;
  found.reserve(apps.size());
  for (const auto& asked : apps) found.push_back(reader.look_up(asked));
  return found;
}

Result<std::string> revision_in_force(Mirror& mirror, const App& app, const std::string& commit) {
  if (app.track == Track::Head) return commit;
  const auto path = pin_path(app.name);
  TRY(const auto pin, id_at(mirror, commit, path));
  if (pin.empty()) return commit;  // not pinned yet: the first sync writes the pin
  return pinned_revision(mirror, path, commit);
}

Result<DesiredState> render_desired(Mirror& mirror, const App& app, const std::string& revision, const Renderer& render, bool compare_twice) {
  DesiredState desired;
  desired.revision = revision;
  TRY(desired.tree, mirror.tree_id(revision, app.path));
  TRY(auto entries, mirror.read_tree(revision, app.path));
  std::vector<SourceFile> files;
  files.reserve(entries.size());
  for (auto& entry : entries) files.push_back({std::move(entry.path), std::move(entry.content)});
  const auto step = fmt::format("rendering {} at {}", app.path, revision.substr(0, 7));
  auto rendered = render(files, app);
  if (!rendered) return wrap(step, rendered.error());
  if (rendered->may_vary && compare_twice) {
    const auto again = render(files, app);
    if (!again) return wrap(step + " again", again.error());
    desired.unstable = unstable_paths(rendered->manifests, again->manifests);
  }
  desired.manifests = std::move(rendered->manifests);
  return desired;
}

}  // namespace driftwarden
