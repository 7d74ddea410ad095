#pragma once
// Reading what an endpoint answers, whole or as server-sent events. Nothing of it is believed: every length is bounded. Pure.
// Source of the events' form: https://html.spec.whatwg.org/multipage/server-sent-events.html
#include "integrations/llm/llm.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driftwarden::llm {

/// Bytes -> the data of events. Comments, ids and names of events are passed over.
class EventReader {
 public:
  explicit EventReader(std::size_t longest_event) : longest_(longest_event) {}
  /// The data of those that are whole by now. Corrupt: one is longer than is accepted.
  Result<std::vector<std::string>> feed(std::string_view bytes);
  /// What was begun when the stream ended without an empty line.
  std::optional<std::string> rest();

 private:
  void take_line(std::string_view line, std::vector<std::string>& whole);

  std::size_t longest_;
  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool after_return_ = false;
};

/// The pieces of a streamed answer.
class StreamedAnswer {
 public:
  explicit StreamedAnswer(std::size_t most_bytes);
  /// Corrupt: no such stream, or a longer one than is accepted. Unavailable: the endpoint says in the middle that it failed.
  Result<void> feed(std::string_view bytes);
  /// It said that nothing follows.
  bool done() const { return done_; }
  /// When the stream has ended. Unavailable: before the answer did.
  Result<Completion> finish();

 private:
  Result<void> take(const std::string& event);

  std::size_t most_;
  std::size_t seen_ = 0;
  EventReader events_;
  Completion answer_;
  bool done_ = false;
  bool finished_ = false;
};

/// A whole answer's body.
Result<Completion> read_answer(std::string_view body, std::size_t most_bytes);
/// How long a body may be that holds so much text.
std::size_t body_limit(std::size_t most_bytes);

/// What a body says of an error, as one short line; "" = nothing.
std::string error_line(std::string_view body);

/// The ids of GET /models. Corrupt: it is no such list.
Result<std::vector<std::string>> read_models(std::string_view body);

}  // namespace driftwarden::llm
