#pragma once
// The API server as a state machine: requests in, replies out, no sockets and no clock of its own.
#include "gitops/base/clock.hpp"
#include "gitops/base/random.hpp"
#include "integrations/sandbox/cluster/field_manager.hpp"
#include "integrations/sandbox/cluster/resources.hpp"
#include "integrations/sandbox/cluster/selectors.hpp"
#include "integrations/sandbox/cluster/store.hpp"
#include "integrations/sandbox/cluster/strategy.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden::sandbox::cluster {

struct ApiRequest {
  std::string method = "GET";
  std::string path;
  std::map<std::string, std::string> query;
  std::string content_type;
  std::string accept;
  std::string user_agent;
  std::string authorization;
  std::string body;

  std::string query_or(const std::string& key, const std::string& otherwise = {}) const;
  bool flag(const std::string& key) const;  ///< "true" or "1"
};

/// Who wants to do what where.
struct Access {
  bool plain = false;  ///< the user whom nothing was granted
  std::string verb;    ///< "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"
  std::string group;
  std::string resource;  ///< "deployments", "deployments/scale"
  std::string namespace_;
};

/// How objects are written: whole, their metadata only, or as table rows.
enum class View { Object, Metadata, Table };

struct WatchPlan {
  ResourcePtr resource;
  std::string namespace_;
  LabelSelector labels;
  FieldSelector fields;
  View view = View::Object;
  std::string include_object = "Metadata";  ///< in table rows
  std::uint64_t since = 0;
  std::vector<StoredPtr> initial;  ///< sent as ADDED first
  bool mark_initial_end = false;
  bool bookmarks = false;
  Duration timeout{0};              ///< zero: the server's own
  std::optional<ApiError> refusal;  ///< sent as an ERROR event
};

/// What a container says: its n-th line and when, the same whenever it is asked.
struct LogPlan {
  Key pod;
  std::string container;
  std::string image;
  WallTime started{};
  std::optional<WallTime> ended;
  bool crashing = false;    ///< it says why, and ends
  bool timestamps = false;
  long long line = 0;  ///< number of the next one
};

struct ApiReply {
  ApiReply() = default;
  ApiReply(unsigned status_, std::string body_, std::string content_type_ = "application/json")
      : status(status_), content_type(std::move(content_type_)), body(std::move(body_)) {}
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::string> warnings;
  std::optional<WatchPlan> watch;
  std::optional<LogPlan> follow;
};

/// What addresses one object or collection.
struct Target {
  ResourcePtr resource;
  std::string namespace_;
  std::string name;  ///< "" = the collection
  std::string subresource;
  Key key() const { return {resource->namespaced ? namespace_ : std::string(), name}; }
};

/// Who writes and how.
struct WriteOptions {
  std::string manager;
  std::string subresource;
  std::string validation = "Warn";
  bool dry_run = false;
  bool force = false;
  WallTime now;
};

class ApiCore {
 public:
  ApiCore(Random& random, std::string token, std::string plain_token = {});
  ApiReply handle(const ApiRequest& request, WallTime now);

  const Store& store() const { return store_; }
  const Resources& resources() const { return resources_; }
  void compact() { store_.compact(); }
  /// Whether somebody with the right token may; all without it. The plain user may nothing but look at what is served.
  std::function<bool(const Access&)> allows;
  /// Called after every change; one listener.
  std::function<void(const std::string& storage, const StoreChange& change)> on_change;

  Outcome<StoredPtr> create(const ResourcePtr& resource, const std::string& namespace_, Json body, const WriteOptions& options,
                            std::vector<std::string>* warnings = nullptr);
  Outcome<StoredPtr> update(const ResourcePtr& resource, const Key& key, Json next, const WriteOptions& options, std::vector<std::string>* warnings = nullptr);
  Outcome<StoredPtr> apply(const ResourcePtr& resource, const Key& key, const Json& config, const WriteOptions& options, bool* created = nullptr);
  /// Obeys finalizers; null options body = background propagation.
  Outcome<StoredPtr> remove(const ResourcePtr& resource, const Key& key, const Json& delete_options, const WriteOptions& options);
  /// Removes at once, whatever the finalizers.
  void erase(const ResourcePtr& resource, const Key& key);

  std::string make_uid();
  std::string make_suffix(std::size_t length);

 private:
  ApiReply route(const ApiRequest& request, WallTime now);
  bool is_allowed(const Access& access) const { return !access.plain && (!allows || allows(access)); }
  ApiReply review_access(const ApiRequest& request, bool plain) const;
  ApiReply resource_request(const ApiRequest& request, Target target, WallTime now);
  ApiReply collection_request(const ApiRequest& request, const Target& target, WallTime now);
  ApiReply object_request(const ApiRequest& request, const Target& target, WallTime now);
  Outcome<WatchPlan> plan_watch(const ApiRequest& request, const Target& target, std::uint64_t latest);
  Outcome<ApiReply> list(const ApiRequest& request, const Target& target, WallTime now);
  Outcome<ApiReply> get(const ApiRequest& request, const Target& target, WallTime now);
  Outcome<ApiReply> post(const ApiRequest& request, const Target& target, WallTime now);
  Outcome<ApiReply> put(const ApiRequest& request, const Target& target, WallTime now);
  Outcome<ApiReply> patch(const ApiRequest& request, const Target& target, WallTime now);
  Outcome<ApiReply> delete_one(const ApiRequest& request, const Target& target, WallTime now);
  Outcome<ApiReply> delete_collection(const ApiRequest& request, const Target& target, WallTime now);
  Outcome<ApiReply> log(const ApiRequest& request, const Target& target, WallTime now);
  Outcome<ApiReply> scale(const ApiRequest& request, const Target& target, WallTime now);
  Outcome<StoredPtr> write_scale(const Target& target, const Json& scale_object, const WriteOptions& options, bool apply);
  ApiReply object_reply(unsigned status, const ApiRequest& request, const Target& target, const StoredPtr& object, WallTime now) const;

  Outcome<StoredPtr> finish(const ResourcePtr& resource, const Key& key, const StoredPtr& old, Json next, Json managed, const WriteOptions& options);
  std::optional<ApiError> check_decoding(const Resource& resource, Json& object, const WriteOptions& options, std::vector<std::string>* warnings,
                                         const std::string& patch) const;
  Writer writer_for(const Resource& resource, const WriteOptions& options) const;

  Random& random_;
  std::string token_;
  std::string plain_token_;
  Store store_;
  Resources resources_;
  Allocations allocations_;
  bool seeded_ = false;
};

/// One watch in progress.
class Watch {
 public:
  Watch(const ApiCore& core, WatchPlan plan) : core_(core), plan_(std::move(plan)) {}
  /// What is due now as JSON lines, "" when nothing is.
  std::string poll(WallTime now);
  std::string bookmark() const;
  bool ended() const { return ended_; }
  const WatchPlan& plan() const { return plan_; }

 private:
  std::string event(const char* type, const StoredPtr& object, WallTime now);
  bool matches(const Json& object) const;

  const ApiCore& core_;
  WatchPlan plan_;
  bool started_ = false;
  bool ended_ = false;
  bool table_started_ = false;
};

View view_of(const std::string& accept);
Access access_of(const ApiRequest& request, const Target& target, bool plain);
ApiError access_denied(const Access& access, const std::string& name);
/// The lines from plan.line on that are said by `now`; moves plan.line behind them.
std::string take_log_lines(LogPlan& plan, WallTime now);
/// A tag that makes its container crash over and over: "1.5.0-crash".
bool is_crashing_image(const std::string& image);

}  // namespace driftwarden::sandbox::cluster
