#pragma once
// Expected failures are values. Exceptions are for bugs and start-up, and stop at three edges: session, outbox worker, main.
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace driftwarden {

/// What code branches on. `Denied` is the outside's 401 or 403; a refusal by our own policy is an answer, not an Error.
enum class ErrorKind { InvalidInput, NotFound, Conflict, Denied, Timeout, Cancelled, RateLimited, Unavailable, Corrupt };

std::string_view to_string(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::Corrupt;
  std::string message;  ///< what a person reads: the step, the object, what to do; never a secret
  boost::system::error_code cause{};

  bool operator==(const Error&) const = default;
};

/// "while reading apps/shop: no such file"
Error wrap(std::string_view step, Error error);

/// True where the same call may succeed later without anybody changing anything.
bool is_transient(const Error& error);

[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
  using Base = boost::system::result<T, Error>;

 public:
  using Base::Base;
};

#define DRIFTWARDEN_CONCAT_(a, b) a##b
#define DRIFTWARDEN_CONCAT(a, b) DRIFTWARDEN_CONCAT_(a, b)
#define DRIFTWARDEN_TRY_(tmp, ret, var, ...) \
  auto tmp = (__VA_ARGS__);                  \
  if (!tmp) ret std::move(tmp).error();      \
  var = std::move(tmp).value()
#define DRIFTWARDEN_CHECK_(tmp, ret, ...) \
  if (auto tmp = (__VA_ARGS__); !tmp) ret std::move(tmp).error()

/// TRY(auto x, f()); binds the value or returns the error. CHECK(f()); is the same without a value.
/// The CO_ forms are for coroutines.
#define TRY(var, ...) DRIFTWARDEN_TRY_(DRIFTWARDEN_CONCAT(tried_, __COUNTER__), return, var, __VA_ARGS__)
#define CO_TRY(var, ...) DRIFTWARDEN_TRY_(DRIFTWARDEN_CONCAT(tried_, __COUNTER__), co_return, var, __VA_ARGS__)
#define CHECK_OK(...) DRIFTWARDEN_CHECK_(DRIFTWARDEN_CONCAT(checked_, __COUNTER__), return, __VA_ARGS__)
#define CO_CHECK_OK(...) DRIFTWARDEN_CHECK_(DRIFTWARDEN_CONCAT(checked_, __COUNTER__), co_return, __VA_ARGS__)

}  // namespace driftwarden
