// A new App: its files, and the file that declares it.
#include "bot/change/plan_parts.hpp"
#include "bot/change/secret_guard.hpp"
#include "bot/command/intents.hpp"
#include "bot/config/policy.hpp"
#include "bot/config/syntax.hpp"
#include "bot/watch/app_files.hpp"
#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

namespace driftwarden {
namespace planning {
namespace {

Result<void> check_names(const CreateAppRequest& request) {
  const auto& name = request.name;
  if (!is_namespace(name) || std::isalpha(static_cast<unsigned char>(name.front())) == 0) {
    return refused(fmt::format("\"{}\" can't be an App's name: lower-case letters, digits and dashes, beginning with a letter, at most 63", shown(name)));
  }
  if (!request.path.empty() && !is_safe_path(request.path)) return refused(fmt::format("\"{}\" is no path inside the repository", shown(request.path)));
  if (!request.namespace_.empty() && !is_namespace(request.namespace_)) return refused(fmt::format("\"{}\" can't be a namespace", shown(request.namespace_)));
  if (!request.channel.empty() && !is_channel(request.channel)) return refused(fmt::format("\"{}\" is no channel", shown(request.channel)));
  if (!request.template_.empty() && !request.like.empty()) return refused("either a template or an App to make it like, not both");
  if (request.template_.empty() && !request.parameters.empty()) return refused(fmt::format("\"{}\" is for a template: which one?", shown(request.parameters.begin()->first)));
  if (request.port < 0 || request.port > 65535) return refused("a port is a number up to 65535");
  return Result<void>{};
}

/// Null where there is no pattern.
Result<const App*> find_like(const CreateAppRequest& request, const std::vector<App>& apps) {
  if (request.like.empty()) return nullptr;
  const auto found = std::ranges::find(apps, request.like, &App::name);
  if (found == apps.end()) return refused(fmt::format("no App is called \"{}\" to make it like", shown(request.like)));
  if (!is_rendered(*found)) return refused(found->name + (found->orphans ? " stands for what no Git knows: that is no pattern" : " is planned by a tool: that is no pattern"));
  return &*found;
}

/// The request with what it left out taken from the pattern; its owners are the pattern's, or whom the request names.
Result<App> app_of(const CreateAppRequest& request, const App* like, const PersonId& requester, const Config& config) {
  App made;
  made.name = request.name;
  made.repository = !request.repository.empty() ? request.repository : like != nullptr ? like->repository : "";
  made.path = request.path;
  made.cluster = !request.cluster.empty() ? request.cluster : like != nullptr ? like->cluster : "";
  made.namespace_ = !request.namespace_.empty() ? request.namespace_ : like != nullptr ? like->namespace_ : request.name;
  made.channel = !request.channel.empty() ? request.channel : like != nullptr ? like->channel : "";
  made.owners = like == nullptr ? request.owners : like->owners;
  if (made.owners.empty() && find_person(config, requester) != nullptr) made.owners = {requester};
  if (like != nullptr) {
    made.render = like->render;
    made.helm = like->helm;
    made.track = like->track;
    made.plugin = like->plugin;
    if (made.helm.release == like->name) made.helm.release = made.name;
  }
  const auto* cluster = find_cluster(config, made.cluster);
  if (cluster == nullptr) return refused(fmt::format("which cluster? \"{}\" is none", shown(made.cluster)));
  // What decides who must approve is not up to a pattern, either.
  made.environment = cluster->environment;
  if (find_repository(config, made.repository) == nullptr) return refused(fmt::format("which repository? \"{}\" is none", shown(made.repository)));
  for (const auto& owner : made.owners) {
    const bool group = std::ranges::find(config.groups, owner, &Group::name) != config.groups.end();
    if (!group && find_person(config, owner) == nullptr) return refused(fmt::format("the owner \"{}\" is neither a person nor a group of the configuration", shown(owner)));
  }
  if (made.path.empty()) made.path = like != nullptr ? path_after(*like, made) : "apps/" + made.name;
  if (!is_safe_path(made.path)) return refused(fmt::format("\"{}\" is no path inside the repository", shown(made.path)));
  return made;
}

Result<void> check_free(const App& made, const PlanContext& context) {
  for (const auto& other : context.apps) {
    if (other.name == made.name) return refused(fmt::format("there is an App {} already", made.name));
    if (other.orphans || other.repository != made.repository) continue;
    if (is_below(made.path, other.path) || is_below(other.path, made.path)) return refused(fmt::format("{} is where another App is kept", shown(made.path)));
  }
  for (const auto& path : {made.path, app_file_path(made.name)}) {
    TRY(const auto there, id_at(context.mirror, context.head, path));
    if (!there.empty()) return refused(fmt::format("{} is in Git already", shown(path)));
  }
  return Result<void>{};
}

/// The new App's source: its files stand in no commit yet.
AppSource source_of(const App& made, const PlanContext& context, std::vector<FileEdit> files, std::vector<Manifest> rendered) {
  auto source = source_at(made, context, context.head, std::move(rendered));
  std::map<std::string, std::string> contents;
  for (const auto& file : files) contents[file.path] = file.content.value_or("");
  source.tree.read = [contents, read = source.tree.read](const std::string& path) -> Result<std::string> {
    const auto found = contents.find(path);
    if (found != contents.end()) return found->second;
    return read(path);
  };
  source.tree.files_below = [contents, below = source.tree.files_below](const std::string& directory) -> Result<std::vector<std::string>> {
    std::set<std::string> paths;
    for (const auto& [path, content] : contents) {
      if (is_below(path, directory)) paths.insert(path);
    }
    auto known = below(directory);
    if (!known && paths.empty()) return known.error();
    if (known) paths.insert(known->begin(), known->end());
    return std::vector<std::string>(paths.begin(), paths.end());
  };
  source.render_with = [files, with = source.render_with](const std::vector<FileEdit>& edits) {
    auto all = files;
    for (const auto& edit : edits) {
      const auto found = std::ranges::find(all, edit.path, &FileEdit::path);
      if (found == all.end()) {
        all.push_back(edit);
      } else {
        *found = edit;
      }
    }
    return with(all);
  };
  return source;
}

std::string repository_of(const std::string& image) {
  auto text = image.substr(0, image.find('@'));
  const auto colon = text.rfind(':');
  const auto slash = text.rfind('/');
  return colon != std::string::npos && (slash == std::string::npos || colon > slash) ? text.substr(0, colon) : text;
}

std::string reference_of(const SetImageRequest& image) {
  return image.image + (image.tag.empty() ? "" : ":" + image.tag) + (image.digest.empty() ? "" : "@" + image.digest);
}

/// The uses of the pattern's own image: of a container or repository with its name, or the only one there is.
Result<std::vector<ImageUse>> own_images(const std::vector<Manifest>& rendered, const App& made, const App& like) {
  const auto all = images_of(rendered);
  std::set<std::string> repositories;
  std::vector<ImageUse> own;
  for (const auto& use : all) {
    const auto repository = repository_of(use.image);
    repositories.insert(repository);
    const auto last = repository.substr(repository.rfind('/') == std::string::npos ? 0 : repository.rfind('/') + 1);
    if (use.container == made.name || use.container == like.name || last == like.name) own.push_back(use);
  }
  if (own.empty() && repositories.size() == 1) return all;
  if (own.empty()) return refused(fmt::format("which image is {}'s own? There is {}", like.name, ellipsize(join({repositories.begin(), repositories.end()}, ", "), 300)));
  return own;
}

/// The same files with the new App's image.
Result<void> put_image(const SetImageRequest& image, const App& made, const App& like, const AppSource& source, VerbPlan& plan) {
  TRY(const auto uses, own_images(source.rendered, made, like));
  std::vector<WantedValue> wanted;
  for (const auto& use : uses) {
    const auto value = json_quoted(reference_of(image));
    const auto same = std::ranges::find_if(wanted, [&](const WantedValue& one) { return same_object(one.object, use.object); });
    if (same == wanted.end()) {
      wanted.push_back({use.object, {{use.path, value}}});
    } else {
      same->edits.push_back({use.path, value});
    }
  }
  TRY(const auto edits, edit_source(source, wanted));
  for (const auto& edit : edits) {
    const auto found = std::ranges::find(plan.edits, edit.file.path, &FileEdit::path);
    if (found == plan.edits.end()) return refused(fmt::format("the image of {} is said in {}, which is shared: give it one of its own first", made.name, edit.file.path));
    *found = edit.file;
  }
  return Result<void>{};
}

Result<void> check_objects(const std::vector<Manifest>& rendered, const App& made, const App* like, const PlanContext& context) {
  if (rendered.empty()) return refused(fmt::format("{} would have no objects at all", made.name));
  if (like == nullptr || like->cluster != made.cluster) return Result<void>{};
  const auto others = render_edited(context.mirror, *like, context.head, {}, context.render);
  if (!others) return others.error();
  for (const auto& manifest : rendered) {
    if (find_manifest(*others, manifest.ref) != nullptr) {
      return refused(fmt::format("{} is made by {}, and {} would make it again: give it another namespace, or a pattern whose names tell whose they are", to_string(manifest.ref), like->name, made.name));
    }
  }
  return Result<void>{};
}

Result<std::vector<Manifest>> rendered_new(const App& made, const PlanContext& context, const std::vector<FileEdit>& files) {
  auto rendered = render_edited(context.mirror, made, context.head, files, context.render);
  if (!rendered) return wrap(fmt::format("{} doesn't render", made.name), rendered.error());
  return rendered;
}

/// A Secret that is copied elsewhere is a Secret that others can read.
Result<void> check_secrets(const std::vector<Manifest>& rendered, const App& like) {
  const auto secrets = std::ranges::count_if(rendered, [](const Manifest& one) { return one.ref.group.empty() && one.ref.kind == "Secret"; });
  if (secrets == 0) return Result<void>{};
  return refused(fmt::format("{} Secrets of {} stand in Git with their values, and a copy would put them there once more: take a pattern without them", secrets, like.name));
}

Result<VerbPlan> copied(const CreateAppRequest& request, const App& made, const App& like, const PlanContext& context) {
  TRY(auto files, copy_app(like, made, context));
  for (const auto& file : files) {
    TRY(const auto there, id_at(context.mirror, context.head, file.path));
    if (!there.empty()) return refused(fmt::format("{} is in Git already", shown(file.path)));
  }
  VerbPlan plan;
  plan.edits = std::move(files);
  TRY(auto rendered, rendered_new(made, context, plan.edits));
  CHECK_OK(check_objects(rendered, made, &like, context));
  plan.notes.push_back(fmt::format("{} files after the pattern of {}", plan.edits.size(), like.name));
  CHECK_OK(check_secrets(rendered, like));
  auto pattern = render_edited(context.mirror, like, context.head, {}, context.render);
  if (pattern) CHECK_OK(check_sealed(*pattern, rendered));
  if (request.image.empty()) {
    plan.notes.push_back(fmt::format("The images are those of {}", like.name));
    return plan;
  }
  TRY(const auto image, parse_image(request.image));
  const auto source = source_of(made, context, plan.edits, std::move(rendered));
  CHECK_OK(put_image(image, made, like, source, plan));
  return plan;
}

Result<VerbPlan> from_template(const CreateAppRequest& request, const App& made, const PlanContext& context) {
  TRY(auto plan, plan_from_template(request, made, context));
  TRY(const auto rendered, rendered_new(made, context, plan.edits));
  CHECK_OK(check_objects(rendered, made, nullptr, context));
  return plan;
}

Result<VerbPlan> scaffolded(const CreateAppRequest& request, const App& made, const PlanContext& context) {
  if (request.image.empty()) return refused("give an image, a template, or an App to make it like");
  TRY(const auto image, parse_image(request.image));
  VerbPlan plan;
  plan.edits = scaffold_files({made.name, reference_of(image), request.port}, made.path);
  TRY(const auto rendered, rendered_new(made, context, plan.edits));
  CHECK_OK(check_objects(rendered, made, nullptr, context));
  plan.notes.push_back(request.port == 0 ? "A Deployment of two replicas; without a port there is no Service and no probe" : "A Deployment of two replicas, with probes, and a Service");
  plan.notes.push_back("Its container runs as another user than root, with a read-only file system but for /tmp: an image that can't needs its securityContext changed");
  return plan;
}

CreateAppRequest request_of(const Change& change) {
  auto request = create_app_request_from(change.argument);
  if (request.name.empty()) request.name = change.app;
  return request;
}

/// As its file will say it.
Result<App> declared_app(const Change& change, const Config& config, const std::vector<App>& apps) {
  const auto request = request_of(change);
  CHECK_OK(check_names(request));
  TRY(const auto* like, find_like(request, apps));
  TRY(auto made, app_of(request, like, change.requester, config));
  if (like != nullptr && like->repository != made.repository) return refused(fmt::format("{} is kept in another repository: {}", like->name, like->repository));
  return made;
}

}  // namespace

Result<VerbPlan> plan_create_app(const Change& change, const App&, const PlanContext& context) {
  const auto request = request_of(change);
  TRY(const auto made, declared_app(change, context.config, context.apps));
  TRY(const auto* like, find_like(request, context.apps));
  if (like != nullptr && !may(context.config, change.requester, "diff", *like).allowed) return refused(fmt::format("{} may not diff {}, so it is no pattern for them", change.requester, like->name));
  CHECK_OK(check_free(made, context));
  TRY(auto plan, like != nullptr ? copied(request, made, *like, context) : request.template_.empty() ? scaffolded(request, made, context) : from_template(request, made, context));
  plan.edits.push_back({app_file_path(made.name), app_file_text(made)});
  for (const auto& edit : plan.edits) {
    const bool own = edit.path == app_file_path(made.name) || !is_below(edit.path, ".driftwarden");
    if (!is_safe_path(edit.path) || !own) return refused(fmt::format("\"{}\" is no path for a file of {}", shown(edit.path), made.name));
  }
  if (like != nullptr && !request.owners.empty() && request.owners != made.owners) plan.notes.push_back(fmt::format("Its owners are those of {}: others are written into its file by a pull request", like->name));
  plan.notes.push_back(fmt::format("It goes to the namespace {} of {}, which must be there", made.namespace_, made.cluster));
  return plan;
}

}  // namespace planning

Result<App> created_app(const Change& change, const Config& config, const std::vector<App>& apps) {
  TRY(auto made, planning::declared_app(change, config, apps));
  // Whom the request names as owners mustn't approve it for that.
  if (planning::request_of(change).like.empty()) made.owners.clear();
  return made;
}

}  // namespace driftwarden
