#pragma once
// Commits that reached a branch past the bot: which they are, and the rows of the audit log that say so.
#include "bot/audit/arrivals.hpp"
#include "bot/config/config.hpp"
#include "storage/store.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace driftwarden {

struct CommitPlace {
  std::string repository;
  std::string branch;
};

/// What the store knows of commits.
struct KnownCommits {
  /// An open Change that may be merged by now without being written down yet.
  struct Claim {
    std::int64_t change = 0;
    std::string head;
    std::int64_t pull_request = 0;
  };
  std::set<std::string> own;   ///< Changes brought them to this branch
  std::set<std::string> seen;  ///< rows tell of them already, as of this branch
  std::vector<Claim> claims;
};
/// `since`: rows of before it are too old to be about what arrived. `may_be_here`: whether a Change of this App belongs to the repository.
Result<KnownCommits> load_known_commits(storage::Transaction& tx, const CommitPlace& place, WallTime since, const std::function<bool(const std::string& app)>& may_be_here);

enum class CommitOrigin { Own, Seen, Claimed, Others };
struct JudgedCommit {
  CommitOrigin origin = CommitOrigin::Others;
  std::int64_t change = 0;  ///< whose commit it is, or says that it is; 0 = nobody's
  bool proven = false;      ///< it is, or brings, the very commit of that Change
};
JudgedCommit judge(const Arrival& arrival, const KnownCommits& known);

/// As the forge tells it.
struct ConfirmedPull {
  std::int64_t number = 0;
  std::string url;
  std::string author;      ///< login
  std::string merged_sha;
};

struct OthersCommit {
  Arrival arrival;
  std::int64_t change = 0;          ///< of the bot, brought to the branch by somebody else
  bool proven = false;              ///< false: only its message says so
  CommitPerson committer{};
  std::vector<std::string> apps{};  ///< that it touches
  std::optional<std::int64_t> said_pull{};  ///< by its message
  std::optional<ConfirmedPull> pull{};         ///< proven: the forge says that this commit is its merge
  bool has_older = false;           ///< others came before it, too many to be looked at
};

/// "commit.landed". No word of the commit's message: nobody looked through it for secrets.
AuditEntry landed_row(const CommitPlace& place, const OthersCommit& commit, const Config& config);
/// "commit.caught-up", for many at once: `commits` oldest first, `more` = and older ones.
AuditEntry caught_up_row(const CommitPlace& place, const std::vector<OthersCommit>& commits, const std::vector<std::string>& apps, bool more, const Config& config);
/// "commit.rewritten".
AuditEntry rewritten_row(const CommitPlace& place, const std::string& before, const std::string& after, const Arrivals& arrivals, const std::vector<std::string>& apps);
/// For the admin channel, mrkdwn.
std::string rewritten_words(const CommitPlace& place, const std::string& before, const std::string& after, const Arrivals& arrivals);

/// True where the row is of this App, or of a commit that touches it among others.
bool concerns_app(const AuditEntry& entry, const std::string& app);

}  // namespace driftwarden
