#pragma once
// One connection to a mirror's remote: what is there, fetch it, push to it.
#include "gitops/repository/mirror.hpp"
#include "gitops/repository/smart_transport.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::libgit {

/// file:///path, /path or ./path: what libgit2 reads itself.
bool is_local(const std::string& url);
/// Refuses passwords in URLs, control characters and an empty URL.
Result<void> check_url(const std::string& url);

class Remote {
 public:
  Remote(git_repository* repository, const MirrorOptions& options);
  ~Remote();
  Remote(const Remote&) = delete;
  Remote& operator=(const Remote&) = delete;

  Result<void> connect(bool for_push);
  /// The remote's id of a full ref name, as it told when connecting; nothing when it has no such ref.
  Result<std::optional<std::string>> find(const std::string& ref);
  /// The branches it has, for messages.
  Result<std::string> branches();
  /// The first of these refs that it has, peeled where it is an annotated tag.
  struct NamedRef {
    std::string ref;
    std::string id;      ///< of the ref itself
    std::string commit;  ///< what it stands for
  };
  Result<std::optional<NamedRef>> find_first(const std::vector<std::string>& refs);
  /// Some of its tags, the greatest first, for messages.
  Result<std::string> tags();
  Result<void> download(const std::string& refspec);
  /// One ref. `expected` is what the remote must have there, "" = nothing.
  Result<void> push(const std::string& refspec, const std::string& ref, const std::string& expected);

 private:
  struct State;
  Error failed(std::string_view step, int code);
  std::unique_ptr<State> state_;
};

}  // namespace driftwarden::libgit
