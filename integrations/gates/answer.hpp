#pragma once
// What policy tools print, as findings. All of it comes from outside: bounded, without secrets, rules as one word, objects only those that were given to be judged.
#include "gitops/base/result.hpp"
#include "gitops/manifest/manifest.hpp"
#include "gitops/model/finding.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::gates {

enum class Format { Sarif, Json, Conftest, Kyverno, Kubeconform };

/// What was given to a tool, and under which names.
class Subjects {
 public:
  Subjects() = default;
  /// `root`: the directory in which the run lies; its name in a message means nothing to anybody.
  explicit Subjects(const std::vector<Manifest>& manifests, std::string root = {});

  /// "0003-deployment-shop-web.yaml", of the manifest at this place in the list.
  const std::string& file(std::size_t index) const { return files_[index]; }
  std::size_t size() const { return files_.size(); }
  /// "Deployment shop/web" of a path that ends in such a name; "" = it is none of ours.
  std::string of_file(std::string_view path) const;
  /// As people or a tool write it: "Deployment shop/web", "deployment/web" where only one fits; "" = none or several.
  std::string of_words(std::string_view words) const;
  std::string of(std::string_view kind, std::string_view namespace_, std::string_view name) const;
  /// Without the names of directories that are another each time, and with objects in place of their files.
  std::string without_places(std::string_view text) const;

 private:
  std::string without_files(std::string_view text) const;

  struct Named {
    std::string kind;
    std::string namespace_;
    std::string name;
    std::string shown;
  };
  std::vector<std::string> files_;
  std::map<std::string, std::string, std::less<>> by_file_;
  std::vector<Named> named_;
  std::string root_;
};

struct Printed {
  int exit_code = 0;
  std::string out{};
  std::string err{};
};

/// Never says "nothing found" of what can't be told for sure: an Error is what a tool printed that is no answer, an exit code that doesn't fit, a policy that was
/// left out, a file that wasn't looked at.
Result<std::vector<Finding>> read_answer(Format format, const Printed& printed, const Subjects& subjects);

/// What can be told of it in a line: the first that it calls an error, else its last words.
std::string complaint_of(const Printed& printed, const Subjects& subjects);

}  // namespace driftwarden::gates
