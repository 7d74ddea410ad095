#pragma once
// The API's own errors: a Status object with reason, code and details.
#include "integrations/sandbox/cluster/json.hpp"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace driftwarden::sandbox::cluster {

struct ApiError {
  unsigned code = 500;
  std::string reason;
  std::string message;
  Json details;  ///< null: none
};

Json to_status(const ApiError& error);

/// A value or the API's refusal. Not boost's result: a JSON value converts into too much for that.
template <class T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  Outcome(ApiError error) : content_(std::in_place_index<1>, std::move(error)) {}
  explicit operator bool() const { return content_.index() == 0; }
  T& value() & { return std::get<0>(content_); }
  T&& value() && { return std::get<0>(std::move(content_)); }
  ApiError& error() & { return std::get<1>(content_); }
  ApiError&& error() && { return std::get<1>(std::move(content_)); }

 private:
  std::variant<T, ApiError> content_;
};

/// One entry of an Invalid answer.
struct Cause {
  std::string type;  ///< FieldValueInvalid, FieldValueRequired, ...
  std::string field;
  std::string message;  ///< without the field
};
Cause invalid_value(std::string field, const Json& value, const std::string& why);
Cause required_value(std::string field, const std::string& why);
Cause forbidden(std::string field, const std::string& why);
Cause not_supported(std::string field, const Json& value, const std::vector<std::string>& supported);

ApiError bad_request(std::string message);
/// `resource` is the plural, `group` "" for the core.
ApiError not_found(const std::string& group, const std::string& resource, const std::string& name);
ApiError already_exists(const std::string& group, const std::string& resource, const std::string& name);
ApiError conflict(const std::string& group, const std::string& resource, const std::string& name, const std::string& why);
ApiError invalid(const std::string& group, const std::string& kind, const std::string& name, const std::vector<Cause>& causes);
ApiError unknown_path();
ApiError method_not_allowed();
ApiError expired(std::string message);
ApiError unauthorized();
ApiError forbidden_namespace(const std::string& group, const std::string& resource, const std::string& name, const std::string& namespace_);
ApiError unsupported_media_type(const std::string& supported);
ApiError unavailable();

}  // namespace driftwarden::sandbox::cluster
