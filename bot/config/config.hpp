#pragma once
// The whole of the configuration file as plain structs, read and checked in one go. The contract is reference/config.yaml.
#include "bot/config/cost_config.hpp"
#include "bot/config/gates_config.hpp"
#include "bot/config/model_config.hpp"
#include "gitops/base/clock.hpp"
#include "gitops/base/secret.hpp"
#include "gitops/model/alert_match.hpp"
#include "gitops/model/app.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/drift.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

class TimeZone;

/// A secret that was referred to; `file` is the absolute path it was read from ({file} and {credential}), "" for {env}.
struct SecretValue {
  Secret<std::string> value;
  std::string file;
  bool empty() const { return value.empty(); }
};

/// Both tokens are empty when the file has no `slack` section (`drift` and `check` need none).
struct SlackConfig {
  Secret<std::string> app_token;
  Secret<std::string> bot_token;
  std::string api_url = "https://slack.com/api/";  ///< ends in a slash
  std::string admin_channel = "#driftwarden";
  std::string default_channel = "#gitops";
  std::string team;  ///< "T0ACME": the one workspace that is served; "" = the one the bot token is of
  std::string app;   ///< "A0WARDEN": the app whose envelopes are taken; "" = the one the app-level token is of
};

struct StorageConfig {
  std::string path = "/var/lib/driftwarden/driftwarden.db";
  Duration retention = std::chrono::hours{24 * 400};
};

/// Where the head of the audit log is committed to once a day: a branch of its own, by Git.
struct AnchorConfig {
  std::string repository;
  std::string branch = "driftwarden-audit";
};

/// A collector of RFC 5424 messages; every new row of the audit log is sent there.
struct SyslogConfig {
  std::string host;
  std::uint16_t port = 601;  ///< TCP, octet-counted (RFC 6587)
  bool tls = false;
};

/// `audit:` beside storage.retention, which says how long rows stay in the database.
struct AuditConfig {
  std::string archive;  ///< absolute: directory of the sealed archives; "" = "audit" beside the database
  std::optional<AnchorConfig> anchor{};
  std::optional<SyslogConfig> syslog{};
};

struct HttpConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8484;
  std::string public_url;  ///< without a trailing slash; "" = no links
  Secret<std::string> webhook_secret;
};

enum class ConfirmMode { DryRun, Never };

struct ClusterConfig {
  std::string name;
  std::string environment;
  std::string kubeconfig;  ///< absolute; "" when in_cluster
  std::string context;     ///< "" = the current one
  bool in_cluster = false;
  bool apply = false;
  ConfirmMode confirm = ConfirmMode::DryRun;
  std::vector<std::string> aliases{};  ///< what Argo CD and Flux call it beside its name and its server's URL
  std::vector<std::string> orphans;  ///< namespaces in which objects that no Git knows are told, one alert for each namespace
};

/// Either username and password, or ssh_key; nothing for a repository that anybody may read.
struct CredentialsConfig {
  std::string username = "x-access-token";
  Secret<std::string> password;
  std::optional<SecretValue> ssh_key;
  std::string known_hosts;  ///< absolute path, "" = the system's
};

enum class ForgeKind { None, GitHub, GitLab, Gitea };
std::string_view to_string(ForgeKind kind);

struct GitHubAppConfig {
  std::int64_t app_id = 0;
  std::int64_t installation_id = 0;
  Secret<std::string> private_key;  ///< PEM
};

struct ForgeConfig {
  ForgeKind kind = ForgeKind::None;
  std::string api_url;  ///< without a trailing slash
  std::string project;  ///< "acme/config"
  Secret<std::string> token;
  std::optional<GitHubAppConfig> github_app;
};

enum class MergeMethod { Merge, Squash, Rebase };
std::string_view to_string(MergeMethod method);

struct RepositoryConfig {
  std::string name;
  std::string url;
  std::string branch = "main";
  Duration poll = std::chrono::seconds{30};
  std::optional<CredentialsConfig> credentials;
  ForgeConfig forge;
  MergeMethod merge = MergeMethod::Squash;
  std::optional<SecretValue> sign;  ///< the SSH key that commits are signed with
  std::string sign_gpg;             ///< or the id of a GPG key in the user's keyring
};

/// Paths also finds the playbooks and modules of Terraform and Ansible: `app.kind` says what is found there.
enum class DiscoverKind { Paths, ArgoCd, Flux };

/// Apps that nobody has to list. `kind` says which of the fields mean something.
struct DiscoverRule {
  DiscoverKind kind = DiscoverKind::Paths;
  std::string paths;       ///< "clusters/{cluster}/{namespace}/{app}": Paths. Of Ansible a file: "playbooks/{environment}/{app}.yml"
  std::string repository;  ///< Paths
  std::string cluster;     ///< ArgoCd, Flux: where their objects are. Paths: of those whose path doesn't say
  std::string namespace_;  ///< ArgoCd, Flux: "" = every namespace. Paths: of those whose path doesn't say
  std::string selector;    ///< ArgoCd, Flux: a label selector
  bool may_sync = true;    ///< ArgoCd, Flux: they may be asked to put a merged revision in force at once
  /// What each found App has that its place doesn't say: environment, channel, owners, track, render, plugin, kind, plan.
  App app{};
  std::string id{};  ///< "paths config clusters/{cluster}/{app}", "argocd here argocd": stays the same while the rule's place does
};

/// Variables that a plan's tool runs with, by PlanSource::rule. Values never leave the process but to that tool.
using ToolEnvironments = std::map<std::string, std::map<std::string, SecretValue>>;

/// What the bot's tools (kustomize, helm, plugins) may do. Required: nothing is rendered by a tool where the kernel can't fence it.
enum class FenceMode { BestEffort, Required };
struct ToolsConfig {
  FenceMode fence = FenceMode::BestEffort;
  Duration timeout{60'000};  ///< of one rendering
  int memory_mib = 2048;     ///< address space of each process
};

/// Driftwarden's own configuration in Git: every *.yaml below `path` is merged into this file as an include is. It can't say what is needed to read it
/// (slack, storage, http, the repository itself).
struct ConfigFromGit {
  std::string repository;
  std::string path;  ///< a directory of the repository
};

struct Person {
  PersonId name;
  std::string slack;  ///< "U0ALICE"
  std::string forge;  ///< the login there
  std::vector<std::string> emails;
  std::optional<SecretValue> totp{};  ///< base32, what their authenticator app holds
  bool linked = false;                ///< forge was proven by `link`, not written in the config
  std::string forge_of{};             ///< api_url of the forge where it was proven; "" = written in the config, and good for every forge
};

struct Group {
  std::string name;
  std::vector<PersonId> members;  ///< of a usergroup: filled by set_usergroup_members, empty until then
  std::string slack_usergroup;    ///< "S0SRE", or ""
};

/// `who`: people, groups, "owners", "*". `may`: verbs (globs). `apps`: globs on App names, empty = all.
struct PolicyRule {
  std::vector<std::string> who;
  std::vector<std::string> may;
  std::vector<std::string> apps;
};

/// Left-out environment, verbs, risk or apps match all. A rule that names the risk tier goes before one that doesn't, then one that names the verb,
/// then one that names the App, then one that names the environment, then the first.
struct ApprovalRule {
  std::string environment;
  std::vector<std::string> verbs;
  int need = 1;
  std::vector<std::string> from;
  std::optional<Duration> expires;
  std::vector<RiskTier> risk{};
  std::vector<std::string> apps{};   ///< globs
  StepUp step_up = StepUp::None;     ///< totp: a one-time code in chat, or a review on the forge; forge: only a review there
};

/// What destroys data or much of an App.
struct DestructivePolicy {
  int need = 2;
  int share_percent = 30;  ///< of an App's objects, deleted at once
  bool typed_name = true;
};

struct RateLimit {
  int changes = 20;  ///< per App; 0 = no limit
  Duration per = std::chrono::hours{1};
};

struct BreakGlassPolicy {
  std::vector<std::string> who;   ///< nobody unless said
  Duration longest = std::chrono::hours{1};
  std::vector<std::string> page;  ///< told at once: people, groups, "owners"; empty = owners
};

/// A weekly window in minutes since Monday 00:00 of the zone's local time; `until` <= `from` wraps around the week's end.
struct WeekWindow {
  int from = 0;
  int until = 0;
  bool operator==(const WeekWindow&) const = default;
};

/// Every week in `window`, or once from `begins` to `ends`.
struct FreezeConfig {
  std::string name;
  std::string when;  ///< as written
  WeekWindow window;
  std::string zone = "UTC";
  std::shared_ptr<const TimeZone> time_zone;  ///< never null in a loaded config
  std::vector<std::string> environments;      ///< globs, empty = all
  std::vector<std::string> apps;              ///< globs, empty = all
  int override_need = 0;                      ///< approvals that break the freeze; 0 = nothing does
  std::optional<WallTime> begins{};           ///< of one that isn't weekly
  std::optional<WallTime> ends{};
};

struct PolicyConfig {
  bool given = false;  ///< the file has a policy section; without one nothing but reading is allowed
  std::vector<PolicyRule> rules;
  std::vector<ApprovalRule> approvals;
  ReviewMode review = ReviewMode::PullRequest;
  std::vector<FreezeConfig> freezes;
  DestructivePolicy destructive{};
  RateLimit rate_limit{};
  BreakGlassPolicy break_glass{};
  Duration soak{0};  ///< an App is promoted only when it was healthy for so long
};

/// A node of the routing tree: the first that matches is taken, and inside it the first of its own `routes`. What a child leaves out it has from its
/// parent.
struct AlertRoute {
  AlertMatch match;
  std::string code_owner;            ///< glob on the CODEOWNERS of the App's path ("@acme/shop"), "" = any
  std::string channel;               ///< "" = the parent's, at the top the App's own
  std::vector<std::string> mention;  ///< people, groups, "owners", "codeowners"
  std::vector<AlertRoute> routes;
};

/// `is` for what matches; the first that matches decides.
struct SeverityRule {
  AlertMatch match;
  Severity is = Severity::Warning;
};

/// Every day from `from` to `until` (minutes since midnight of the zone; `until` <= `from` goes over midnight), and on `days` all day.
struct QuietHours {
  int from = 0;
  int until = 0;
  std::vector<int> days{};  ///< 0 = Monday
  std::string zone = "UTC";
  std::shared_ptr<const TimeZone> time_zone;  ///< never null in a loaded config
  Severity except = Severity::Critical;       ///< told all the same, and what is worse
  std::vector<std::string> channels{};        ///< empty = all
};

struct DigestConfig {
  int at = 9 * 60;  ///< minutes since midnight of the zone
  std::vector<int> days{};  ///< 0 = Monday; empty = every day
  std::string zone = "UTC";
  std::shared_ptr<const TimeZone> time_zone;  ///< null = UTC
  std::string channel{};    ///< one for everything; "" = each alert channel gets what is its own
};

struct AlertsConfig {
  std::map<Cause, Duration> hold_off{{Cause::LiveEdited, Duration{0}}, {Cause::GitAhead, std::chrono::minutes{2}}};
  std::map<std::string, std::map<Cause, Duration>> hold_off_in{};  ///< by environment (globs), before hold_off
  /// How long until an open alert is repeated; Duration 0 = never.
  std::map<Severity, Duration> repeat{{Severity::Critical, std::chrono::hours{4}}, {Severity::Warning, std::chrono::hours{24}}, {Severity::Info, Duration{0}}};
  std::optional<DigestConfig> digest = DigestConfig{};  ///< nothing = no digest
  std::vector<AlertRoute> routes;
  std::vector<SeverityRule> severities{};
  std::vector<QuietHours> quiet_hours{};
  int storm = 5;                                   ///< so many new alerts of a channel within `storm_window` have a message each; the others share one
  Duration storm_window = std::chrono::minutes{1};
  int flapping = 3;                                ///< an App that came back so often within `flapping_window` is one incident until it is calm
  Duration flapping_window = std::chrono::hours{1};
  Duration calm = std::chrono::minutes{10};        ///< in sync for so long: the flapping is over
  Duration forgotten = std::chrono::hours{24};     ///< a pause older than this is in the digest
};

/// `chat:` how people talk to the bot.
struct ChatConfig {
  /// What an alias stands for: "rollback {1} --previous". {1}, {2} are its words, {*} the rest; permissions are those of the command it becomes.
  std::map<std::string, std::string> aliases;
  Duration follow_logs = std::chrono::minutes{5};  ///< `logs ... follow` ends by itself
};

/// `ha:` of several instances that share one Lease, only the leader speaks and works.
struct HaConfig {
  std::string cluster;  ///< where the Lease is
  std::string namespace_ = "driftwarden";
  std::string lease = "driftwarden";
  std::string identity;  ///< of this instance; "" = the host's name and a random part
  Duration duration = std::chrono::seconds{9};  ///< a leader that couldn't renew for so long isn't one
};

/// Clusters that an instance of its own looks after (`run --shard NAME`): with a Lease, a database and Slack tokens of its own.
struct ShardConfig {
  std::string name;
  std::vector<std::string> clusters;
  Secret<std::string> app_token{};  ///< empty = slack.app_token: Slack deals envelopes out among the sockets of one app, so two shards need two apps
  Secret<std::string> bot_token{};
};

/// `tls:` beside the system's own certificates, for Slack, forges, repositories, registries and hooks. Verification is never off.
struct ClientCertificate {
  std::string host;         ///< as in the URL, without the port
  std::string certificate;  ///< absolute path, PEM
  SecretValue key{};
};
struct TlsConfig {
  std::string ca;  ///< absolute path of a PEM bundle; "" = none
  std::vector<ClientCertificate> certificates{};
};

enum class LogFormat { Text, Json };
struct LogConfig {
  LogFormat format = LogFormat::Text;
  bool debug = false;
};

/// `heartbeat:` a dead-man's switch elsewhere (Dead Man's Snitch, healthchecks.io, Alertmanager's Watchdog): asked by GET as long as all is well.
struct HeartbeatConfig {
  Secret<std::string> url;
  Duration every = std::chrono::minutes{1};
};

/// What belongs together: a team's people, its Apps, its channels, and what its people may do there.
struct Team {
  std::string name;
  std::vector<std::string> members;       ///< people, groups
  std::vector<std::string> apps;          ///< globs; empty = none
  std::vector<std::string> environments;  ///< globs; empty = all
  std::vector<std::string> channels;      ///< where its Apps may be spoken of; empty = anywhere
  std::vector<std::string> may;           ///< verbs (globs), as a policy rule before all others
  bool is_private = false;                ///< nobody else sees its Apps, but those whom a policy rule gives every verb on every App
};

/// Asked for tags, and only those listed are asked.
struct RegistryConfig {
  std::string host;      ///< as images name it: "ghcr.io", "registry.acme.example:5000"
  std::string api_url;   ///< "https://ghcr.io"; default: https and the host
  std::string username;
  Secret<std::string> password;
};

/// `drift:` what the comparator is told for all Apps.
struct DriftConfig {
  std::vector<std::string> appliers;       ///< globs of field managers beside the built-in ones
  std::vector<std::string> people;         ///< the same: tools in people's hands
  std::vector<std::string> disable_rules;  ///< built-in rules by name (drift.md section 4)
};

struct Config {
  SlackConfig slack;
  StorageConfig storage;
  HttpConfig http;
  std::vector<ClusterConfig> clusters;
  std::vector<RepositoryConfig> repositories;
  std::vector<App> apps;  ///< environment defaulted from the cluster; channel "" when not given (see channel_of)
  std::vector<DiscoverRule> discover;
  std::vector<Person> people;
  std::vector<Group> groups;
  PolicyConfig policy;
  AlertsConfig alerts;
  DriftConfig drift;
  ChatConfig chat;
  std::vector<Team> teams;
  std::vector<RegistryConfig> registries;
  std::vector<PluginSource> plugins{};
  ToolsConfig tools{};
  ToolEnvironments tool_environments{};
  std::optional<ConfigFromGit> from_git{};
  AuditConfig audit{};
  std::optional<HaConfig> ha{};
  std::vector<ShardConfig> shards{};
  std::string shard{};  ///< the one that this instance is; "" = all clusters
  std::map<std::string, std::string> elsewhere{};  ///< Apps that another shard looks after: by App the shard
  TlsConfig tls{};
  LogConfig log{};
  std::optional<HeartbeatConfig> heartbeat{};
  std::optional<ModelConfig> model{};
  CostConfig cost{};
  GatesConfig gates{};
  /// By root key ("slack", "apps", ...): a digest of what is written there and of the secrets it refers to. For telling what a reload alters.
  std::map<std::string, std::string> digests{};
  std::string file;
  std::string directory;  ///< of the file, absolute; relative paths of the config are already joined to it
};

const App* find_app(const Config& config, std::string_view name);
const ClusterConfig* find_cluster(const Config& config, std::string_view name);
const RepositoryConfig* find_repository(const Config& config, std::string_view name);

/// What the loader asks of the machine, so that tests own it.
class Environment {
 public:
  virtual ~Environment() = default;
  virtual std::optional<std::string> variable(const std::string& name) const = 0;
  virtual Result<std::string> read_file(const std::string& path) const = 0;
  /// The files that match a path with globs in its last part, sorted.
  virtual std::vector<std::string> list_files(const std::string& pattern) const = 0;
  /// `path` made absolute by the working directory.
  virtual std::string absolute(const std::string& path) const = 0;
};
std::unique_ptr<Environment> create_system_environment();

struct ConfigMistake {
  std::string file;
  int line = 0;
  int column = 0;
  std::string what;
  std::string expected;
  bool operator==(const ConfigMistake&) const = default;
};

/// "driftwarden.yaml:12:5: unknown key \"branhc\", expected \"branch\""
std::string to_string(const ConfigMistake& mistake);

struct LoadedConfig {
  std::optional<Config> config;         ///< nothing when there is any mistake
  std::vector<ConfigMistake> mistakes;  ///< sorted by position, the main file first
  std::vector<ConfigMistake> warnings;  ///< accepted, but worth a look
};

/// A file that isn't read from disk: of `config_from`, with the name that mistakes give it ("config@4f2c81a:driftwarden/apps.yaml").
struct ConfigText {
  std::string name;
  std::string text;
  bool operator==(const ConfigText&) const = default;
};

/// Reads, includes, resolves the secrets and checks everything; reports all mistakes at once. A missing secret is a mistake that names the
/// reference, never a value.
LoadedConfig load_config(const std::string& path, const Environment& environment);
/// The same with `from_git` merged into it. What these may not say (ConfigFromGit) is a mistake at its place; {file: ...} there is relative to the main file.
LoadedConfig load_config(const std::string& path, const Environment& environment, const std::vector<ConfigText>& from_git);

}  // namespace driftwarden
