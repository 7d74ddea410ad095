#pragma once
// What rows of the audit log are made of beyond their words. Pure.
#include "gitops/model/audit.hpp"
#include "gitops/model/change.hpp"
#include "gitops/model/incident.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace driftwarden {

/// "C123/1700000000.000100", as AuditEntry::where has it.
std::string where_of(const MessageRef& message);
/// Back again; nothing for a channel alone.
std::optional<MessageRef> message_of(const std::string& where);

/// A row's detail, an empty object where it is none.
nlohmann::ordered_json detail_of(const AuditEntry& entry);
/// The members behind those that the detail has; what it has already stays.
void add_details(AuditEntry& entry, const nlohmann::ordered_json& members);

/// Of a Change's step: what it was and what it is, over what the approvals were given, its pull request; where it is told, and its exact content.
void complete(AuditEntry& entry, const std::optional<Change>& before, const Change& after);
/// Of an incident's step: where it is told, and the digest of what drifts.
void complete(AuditEntry& entry, const Incident& incident);

}  // namespace driftwarden
