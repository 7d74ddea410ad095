#pragma once
// The nested parts of the models as JSON texts. Internal to storage/. The from_ functions throw on what can't be read.
#include "gitops/model/change.hpp"
#include "gitops/model/incident.hpp"

#include <string>
#include <vector>

namespace driftwarden::storage {

std::string to_json_text(const DriftReport& report);
DriftReport report_from_json(const std::string& text);
std::string to_json_text(const std::vector<Approval>& approvals);
std::vector<Approval> approvals_from_json(const std::string& text);
std::string to_json_text(const Quorum& quorum);
Quorum quorum_from_json(const std::string& text);
/// What of an incident is only ever read with it. Older rows lack any of it.
std::string details_json_text(const Incident& incident);
void read_details(const std::string& text, Incident& incident);
std::string to_json_text(const AlertMatch& match);
AlertMatch alert_match_from_json(const std::string& text);
/// What of a Change is only ever read with it. Older rows lack any of it.
std::string details_json_text(const Change& change);
void read_details(const std::string& text, Change& change);

}  // namespace driftwarden::storage
