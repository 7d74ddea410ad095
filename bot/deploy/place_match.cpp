#include "bot/deploy/place_match.hpp"

#include "bot/deploy/repository_path.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace driftwarden {
namespace {

using Place = std::tuple<std::string, std::string, std::string>;

Place place_of(const App& app) { return {app.repository, normal_repository_path(app.path), app.cluster}; }

std::set<std::string> directories_of(const App& app) {
  std::set<std::string> directories{normal_repository_path(app.path)};
  for (const auto& part : app.more) directories.insert(normal_repository_path(part.path));
  return directories;
}

struct Pair {
  std::size_t found = 0;
  const App* written = nullptr;
};

/// How well they fit; 0 = not at all.
int fit(const App& found, const App& written, bool alone) {
  if (found.namespace_ != written.namespace_ && !alone) return 0;
  return 1 + (found.namespace_ == written.namespace_ ? 2 : 0) + (found.name == written.name ? 1 : 0);
}

}  // namespace

std::map<std::size_t, std::string> match_places(const std::vector<App>& found, const std::vector<App>& written) {
  struct Here {
    std::vector<std::size_t> found{};
    std::vector<const App*> written{};
  };
  std::map<Place, Here> places;
  for (const auto& app : written) {
    if (is_rendered(app)) places[place_of(app)].written.push_back(&app);
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (const auto at = places.find(place_of(found[i])); at != places.end()) at->second.found.push_back(i);
  }
  std::map<std::size_t, std::string> matches;
  for (auto& [place, here] : places) {
    const bool alone = here.found.size() == 1 && here.written.size() == 1;
    std::vector<std::pair<int, Pair>> fits;
    for (const auto index : here.found) {
      for (const auto* app : here.written) {
        if (const int how = fit(found[index], *app, alone); how > 0) fits.push_back({how, {index, app}});
      }
    }
    std::ranges::stable_sort(fits, [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<const App*> given;
    for (const auto& [how, pair] : fits) {
      if (matches.contains(pair.found) || std::ranges::find(given, pair.written) != given.end()) continue;
      matches[pair.found] = pair.written->name;
      given.push_back(pair.written);
    }
  }
  return matches;
}

bool covers(const App& written, const App& found) { return std::ranges::includes(directories_of(written), directories_of(found)); }

}  // namespace driftwarden
