#pragma once
// This machine: the programs that Apps need, the disk, the database, the kernel's fence.
#include "bot/config/config.hpp"
#include "bot/doctor/finding.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwarden {

/// A program, and how it is asked for its version.
struct NeededTool {
  std::string program;
  std::vector<std::string> version_arguments{};  ///< none: it isn't asked
  std::string by{};                              ///< who needs it: "the App checkout", "3 Apps"
  std::string instead{};                         ///< does as well: kubectl for kustomize
  bool operator==(const NeededTool&) const = default;
};
/// By what the config says. Of Apps with `render: auto`, and of those that Git declares, only Git could say more.
std::vector<NeededTool> needed_tools(const Config& config);

/// The first line that the program prints of itself; NotFound: there is none.
using AskTool = std::function<asio::awaitable<Result<std::string>>(std::string program, std::vector<std::string> arguments)>;
asio::awaitable<DoctorFindings> check_tools(const Config& config, AskTool ask);

/// What was seen of the place where the bot keeps its state.
struct StorageFacts {
  std::string directory;
  bool exists = false;
  std::string why_not_writable{};  ///< "" = it is
  std::uint64_t free_bytes = 0;
  bool database = false;           ///< the file is there
  bool in_use = false;             ///< another driftwarden holds it
  std::string trouble{};           ///< why it can't be opened, or what its check found
};
DoctorFindings judge_storage(const std::string& path, const StorageFacts& facts);

/// `missing`: what the kernel can't fence here, "" = nothing.
DoctorFinding judge_fence(FenceMode mode, const std::string& missing);

}  // namespace driftwarden
