#pragma once
// Inside of reading plans: values of attributes, made fit to be shown, and what differs between two of them.
#include "gitops/model/drift.hpp"

#include <nlohmann/json_fwd.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::terraform {

inline constexpr std::string_view kSensitive = "(sensitive)";
inline constexpr std::string_view kUnknown = "(known after apply)";

/// Texts that something in the plan calls sensitive, so that they are hidden wherever else they turn up.
class SensitiveTexts {
 public:
  /// `marks` as Terraform writes them: true covers all below.
  void collect(const nlohmann::json& value, const nlohmann::json& marks);
  void add_all(const nlohmann::json& value);
  bool is_in(std::string_view text) const;

 private:
  std::set<std::string, std::less<>> texts_;
};

/// One side of a change.
struct Side {
  const nlohmann::json* value = nullptr;
  const nlohmann::json* sensitive = nullptr;
  const nlohmann::json* unknown = nullptr;
};
/// Fields in which `before` (the world) and `after` (Git) differ, by path: ".tags.env", ".ingress[0].cidr_blocks". What can be known only after an apply is left out
/// where something else differs already.
std::vector<FieldDrift> differing_fields(const Side& before, const Side& after, const SensitiveTexts& secrets);

/// One of two paths is the other, or lies below it.
bool paths_meet(std::string_view a, std::string_view b);

}  // namespace driftwarden::terraform
