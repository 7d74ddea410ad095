#include "bot/app/commands.hpp"
#include "bot/terminal/audit_command.hpp"
#include "bot/terminal/backup_command.hpp"
#include "bot/terminal/doctor_command.hpp"
#include "gitops/base/log.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace driftwarden {
namespace {

void add_audit_action(CLI::App& audit, Action& action, AuditAction which, const std::string& name, const std::string& help) {
  auto arguments = std::make_shared<AuditArguments>();
  arguments->action = which;
  auto* command = audit.add_subcommand(name, help);
  command->add_option("--db", arguments->db, "the database file")->required();
  if (which == AuditAction::Verify) {
    command->add_option("--git", arguments->git, "a repository: the hashes in its commit trailers and its anchors are checked, too");
    command->add_option("--branch", arguments->branch, "of that repository");
    command->add_option("--anchors", arguments->anchors, "the branch with the heads of each day");
    command->add_flag("--alone", arguments->alone, "no other Driftwarden writes to that repository: what names another log is a fault");
  } else {
    command->add_option("--since", arguments->since, "30d, or a time");
    command->add_option("--until", arguments->until, "1d, or a time");
    command->add_option("--app", arguments->app, "only this App");
    command->add_option("--actor", arguments->actor, "only what this person did");
    command->add_option("--action", arguments->row_action, "change.approved, or all of change.");
  }
  if (which == AuditAction::List) {
    command->add_option("--about", arguments->about, "C-12, a commit, #41 or a pull request's address, a message's permalink: its whole story, oldest first");
    command->add_option("--limit", arguments->limit, "so many rows at most");
  } else {
    command->add_option("--archive", arguments->archive, "directory of the sealed archives (default: audit beside the database)");
  }
  if (which == AuditAction::Export) {
    command->add_option("--format", arguments->format, "jsonl, csv or syslog")->check(CLI::IsMember({"jsonl", "csv", "syslog"}));
  } else {
    command->add_option("-o,--output", arguments->output, "text or json")->check(CLI::IsMember({"text", "json"}));
  }
  command->callback([&action, arguments] {
    action = [arguments] {
      SystemClock clock;
      return run_audit(*arguments, clock, std::cout, std::cerr);
    };
  });
}

void add_audit(CLI::App& app, Action& action) {
  auto* audit = app.add_subcommand("audit", "the tamper-evident log");
  audit->require_subcommand(1);
  add_audit_action(*audit, action, AuditAction::List, "list", "the newest rows");
  add_audit_action(*audit, action, AuditAction::Verify, "verify", "proves the chain whole, or says what is wrong");
  add_audit_action(*audit, action, AuditAction::Export, "export", "all rows, for other tools");
  add_audit_action(*audit, action, AuditAction::Report, "report", "what an auditor asks: outcomes, self-approvals, freezes, broken glass, refusals, age of drift");
}

void add_backup(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<BackupArguments>();
  auto* command = app.add_subcommand("backup", "a checked copy of the database, also while the bot runs");
  auto* config = command->add_option("--config", arguments->config, "the configuration file, which names the database");
  command->add_option("--db", arguments->db, "the database file")->excludes(config);
  command->add_option("--to", arguments->to, "a file that isn't there yet (default: beside the database, named by the time)");
  command->callback([&action, arguments] {
    action = [arguments] {
      SystemClock clock;
      const auto environment = create_system_environment();
      return run_backup(*arguments, *environment, clock, std::cout, std::cerr);
    };
  });
}

void add_restore(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<RestoreArguments>();
  auto* command = app.add_subcommand("restore", "puts a backup in the database's place; the bot must not run, and what was there is kept");
  command->add_option("FILE", arguments->from, "what driftwarden backup wrote")->required();
  auto* config = command->add_option("--config", arguments->config, "the configuration file, which names the database");
  command->add_option("--db", arguments->db, "the database file")->excludes(config);
  command->callback([&action, arguments] {
    action = [arguments] {
      SystemClock clock;
      const auto environment = create_system_environment();
      return run_restore(*arguments, *environment, clock, std::cout, std::cerr);
    };
  });
}

void add_doctor(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<DoctorArguments>();
  auto* command = app.add_subcommand("doctor", "is everything there that the configuration names, and may the bot do there what it must");
  command->add_option("--config", arguments->config, "the configuration file")->required();
  command->add_option("-o,--output", arguments->output, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->add_option("--cache", arguments->cache, "directory that keeps the clones for the next time (default: a temporary one)");
  command->add_flag("--usual-kinds", arguments->usual_kinds, "look at the rights for the kinds that Apps are usually made of: Git is not read");
  command->footer("Exit code: 0 no problem, 1 a problem, 2 wrong use or an error. Nothing is changed anywhere; it may run beside the bot.");
  command->callback([&action, arguments] {
    action = [arguments] {
      set_log_level(LogLevel::Error);  // what goes wrong is a finding
      const auto environment = create_system_environment();
      return run_doctor(*arguments, *environment, std::cout, std::cerr);
    };
  });
}

}  // namespace

void add_operator_commands(CLI::App& app, Action& action) {
  add_doctor(app, action);
  add_audit(app, action);
  add_backup(app, action);
  add_restore(app, action);
}

}  // namespace driftwarden
