#include "integrations/sandbox/cluster/selectors.hpp"

#include "gitops/base/text.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

namespace driftwarden::sandbox::cluster {
namespace {

/// Commas inside parentheses don't separate.
std::vector<std::string> split_terms(const std::string& text) {
  std::vector<std::string> out(1);
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth == 0) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  std::erase_if(out, [](const std::string& one) { return trim(one).empty(); });
  return out;
}

std::string scalar_text(const Json* value) {
  if (value == nullptr) return {};
  return value->is_string() ? value->get<std::string>() : value->dump();
}

const std::set<std::string>& selectable_fields(const std::string& kind) {
  static const std::set<std::string> common{"metadata.name", "metadata.namespace"};
  static const std::map<std::string, std::set<std::string>> more{
      {"Pod",
       {"metadata.name", "metadata.namespace", "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.nominatedNodeName"}},
      {"Event",
       {"metadata.name", "metadata.namespace", "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"}},
      {"Secret", {"metadata.name", "metadata.namespace", "type"}},
      {"Namespace", {"metadata.name", "status.phase", "name"}},
      {"Node", {"metadata.name", "spec.unschedulable"}},
      {"Job", {"metadata.name", "metadata.namespace", "status.successful"}},
      {"ReplicaSet", {"metadata.name", "metadata.namespace", "status.replicas"}},
      {"Service", {"metadata.name", "metadata.namespace", "spec.clusterIP", "spec.type"}},
  };
  const auto found = more.find(kind);
  return found == more.end() ? common : found->second;
}

}  // namespace

Outcome<LabelSelector> LabelSelector::parse(const std::string& text) {
  LabelSelector out;
  for (const auto& part : split_terms(text)) {
    const std::string term(trim(part));
    Term one;
    const auto set_at = term.find('(');
    const auto equals = term.find('=');
    if (set_at != std::string::npos) {
      const auto head = std::string(trim(std::string_view(term).substr(0, set_at)));
      const auto space = head.find(' ');
      const auto word = space == std::string::npos ? std::string() : std::string(trim(std::string_view(head).substr(space)));
      if ((word != "in" && word != "notin") || term.back() != ')')
        return bad_request(fmt::format("unable to parse requirement: found '{}', expected: in, notin", word));
      one.key = head.substr(0, space);
      one.op = word == "in" ? Operator::In : Operator::NotIn;
      for (const auto& value : split(std::string_view(term).substr(set_at + 1, term.size() - set_at - 2), ',')) one.values.emplace_back(trim(value));
    } else if (equals != std::string::npos) {
      const bool negative = equals > 0 && term[equals - 1] == '!';
      one.key = std::string(trim(std::string_view(term).substr(0, negative ? equals - 1 : equals)));
      const auto from = equals + 1 < term.size() && term[equals + 1] == '=' ? equals + 2 : equals + 1;
      one.op = negative ? Operator::NotIn : Operator::In;
      one.values.emplace_back(trim(std::string_view(term).substr(from)));
    } else if (const auto than = term.find_first_of("<>"); than != std::string::npos) {
      one.key = std::string(trim(std::string_view(term).substr(0, than)));
      one.op = term[than] == '>' ? Operator::Greater : Operator::Less;
      one.values.emplace_back(trim(std::string_view(term).substr(than + 1)));
    } else if (term.front() == '!') {
      one.key = std::string(trim(std::string_view(term).substr(1)));
      one.op = Operator::Absent;
    } else {
      one.key = term;
    }
    if (const auto space = one.key.find(' '); space != std::string::npos) {
      return bad_request(
          fmt::format("unable to parse requirement: found '{}', expected: in, notin, =, ==, !=, gt, lt", trim(std::string_view(one.key).substr(space))));
    }
    if (one.key.empty() || one.key.find_first_of(" ()!\"") != std::string::npos)
      return bad_request(fmt::format("unable to parse requirement: invalid label key \"{}\"", one.key));
    out.terms_.push_back(std::move(one));
  }
  return out;
}

LabelSelector LabelSelector::from_json(const Json& selector) {
  LabelSelector out;
  for (const auto& [key, value] : object_at(selector, {"matchLabels"}).items()) out.terms_.push_back({key, Operator::In, {scalar_text(&value)}});
  for (const auto& expression : array_at(selector, {"matchExpressions"})) {
    const auto op = text_at(expression, {"operator"});
    Term one{text_at(expression, {"key"}),
             op == "In"       ? Operator::In
             : op == "NotIn"  ? Operator::NotIn
             : op == "Exists" ? Operator::Exists
                              : Operator::Absent,
             {}};
    for (const auto& value : array_at(expression, {"values"})) one.values.push_back(scalar_text(&value));
    out.terms_.push_back(std::move(one));
  }
  return out;
}

bool LabelSelector::matches(const Json& labels) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
    const Json* value = find(labels, term.key);
    const bool listed = value != nullptr && std::find(term.values.begin(), term.values.end(), scalar_text(value)) != term.values.end();
    switch (term.op) {
      case Operator::In: return listed;
      case Operator::NotIn: return !listed;
      case Operator::Exists: return value != nullptr;
      case Operator::Absent: return value == nullptr;
      case Operator::Greater: return value != nullptr && std::atoll(scalar_text(value).c_str()) > std::atoll(term.values[0].c_str());
      case Operator::Less: return value != nullptr && std::atoll(scalar_text(value).c_str()) < std::atoll(term.values[0].c_str());
    }
    return false;
  });
}

Outcome<FieldSelector> FieldSelector::parse(const std::string& text, const std::string& kind) {
  FieldSelector out;
  for (const auto& part : split(text, ',')) {
    const auto equals = part.find('=');
    if (trim(part).empty()) continue;
    if (equals == std::string::npos) return bad_request(fmt::format("invalid selector: '{}'; can't understand '{}'", text, part));
    Term one;
    one.equal = equals == 0 || part[equals - 1] != '!';
    const auto field = std::string(trim(std::string_view(part).substr(0, one.equal ? equals : equals - 1)));
    const auto from = equals + 1 < part.size() && part[equals + 1] == '=' ? equals + 2 : equals + 1;
    one.value = std::string(trim(std::string_view(part).substr(from)));
    const auto& known = selectable_fields(kind);
    if (!known.contains(field)) {
      if (known.size() > 2) return bad_request(fmt::format("field label not supported: {}", field));
      return bad_request(fmt::format("\"{}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"", field));
    }
    one.path = split(field, '.');
    out.terms_.push_back(std::move(one));
  }
  return out;
}

bool FieldSelector::matches(const Json& object) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
    const Json* at = &object;
    for (const auto& step : term.path) {
      at = find(*at, step);
      if (at == nullptr) break;
    }
    return (scalar_text(at) == term.value) == term.equal;
  });
}

}  // namespace driftwarden::sandbox::cluster
