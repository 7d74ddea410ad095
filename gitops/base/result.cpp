#include "gitops/base/result.hpp"

#include <fmt/core.h>

#include <stdexcept>

namespace driftwarden {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::InvalidInput: return "invalid input";
    case ErrorKind::NotFound: return "not found";
    case ErrorKind::Conflict: return "conflict";
    case ErrorKind::Denied: return "denied";
    case ErrorKind::Timeout: return "timeout";
    case ErrorKind::Cancelled: return "cancelled";
    case ErrorKind::RateLimited: return "rate limited";
    case ErrorKind::Unavailable: return "unavailable";
    case ErrorKind::Corrupt: return "corrupt";
  }
  return "unknown";
}

Error wrap(std::string_view step, Error error) {
  error.message = fmt::format("{}: {}", step, error.message);
  return error;
}

bool is_transient(const Error& error) {
  return error.kind == ErrorKind::Timeout || error.kind == ErrorKind::RateLimited || error.kind == ErrorKind::Unavailable;
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  throw std::logic_error(fmt::format("{}:{}: the value of a failed Result was taken: {}", where.file_name(), where.line(), error.message));
}

}  // namespace driftwarden
