#pragma once
// Runs a policy tool in its fence: it reads the objects that are judged, its policies and nothing else, and calls nobody.
#include "gitops/base/clock.hpp"
#include "integrations/gates/answer.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace driftwarden::gates {

struct GateProgram {
  /// argv[0] is searched in PATH. {manifests}, {before} and {policies} stand for directories, wherever in an argument; files that others name by an absolute
  /// path may be read.
  std::vector<std::string> argv{};
  Format format = Format::Sarif;
  Duration timeout{60'000};
  std::size_t memory_bytes = 2ULL << 30U;
  bool fence_required = false;  ///< Denied where the kernel can't fence it
};
/// Of a tool that is known: what it is told beside the user's own arguments.
std::vector<std::string> argv_of(Format tool, const std::vector<std::string>& arguments, bool with_policies);

struct PolicyFile {
  std::string path;  ///< relative
  std::string content;
};

/// One file for each object; what is secret in them is masked.
struct GateInput {
  explicit GateInput(Redactor masks) : redactor(std::move(masks)) {}
  std::vector<Manifest> manifests{};
  std::vector<Manifest> before{};
  std::string policies{};                  ///< absolute: a directory or a file, read where it is
  std::vector<PolicyFile> policy_files{};  ///< of Git, in place of that
  Redactor redactor;
};

/// The object as a tool gets to see it: nothing secret in it, and still of the right form (what is base64 stays so).
nlohmann::json masked(const nlohmann::json& object, const Redactor& redactor);

/// What it found in the objects, known before or not. Every Error means that it could not be judged, in words that need no more.
asio::awaitable<Result<std::vector<Finding>>> run_gate(Clock& clock, asio::any_io_executor pool, GateProgram program, GateInput input);

/// Another text whenever the program, a file that its arguments name, or anything below `policies` is another one. NotFound: one of them isn't there. Blocking.
Result<std::string> identity_of(const GateProgram& program, const std::string& policies);

}  // namespace driftwarden::gates
