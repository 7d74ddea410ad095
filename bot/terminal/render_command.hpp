#pragma once
// `driftwarden render PATH`: the objects of a directory, in apply order.
#include "gitops/base/clock.hpp"
#include "gitops/model/app.hpp"
#include "gitops/render/render.hpp"

#include <iosfwd>
#include <string>

namespace driftwarden {

struct RenderArguments {
  std::string path;  ///< a directory, or one file
  RenderKind kind = RenderKind::Auto;
  std::string namespace_;       ///< for namespaced objects that name none; "" leaves them without
  std::string output = "json";  ///< json or yaml
  Duration timeout{60'000};     ///< of each run of kustomize or helm
  HelmSource helm{};            ///< of a chart; the release is called like the directory unless it says so
};

/// What a directory or one file renders to, as this App would be; its name and path are the directory's own. `timeout`: of each run of a tool.
Result<Rendered> render_local(const std::string& path, App app, Duration timeout);

/// Exit code: 0, or 2 with the reason on `err`.
int run_render(const RenderArguments& arguments, std::ostream& out, std::ostream& err);

}  // namespace driftwarden
