#pragma once
// A database that a frozen process holds locked. Of several instances the leader may be stopped in the middle of a transaction, and then keeps SQLite's locks
// for as long as it doesn't run: nobody can take them away. Internal to storage/ and its tests.
//
//   <path>.term     how often this happened: counted first, so that what the frozen one still commits after it wakes is known to it as lost
//   <path>.seizing  a copy of the file with its journal, rolled back and checked
//   <path>.seized   the same, whole and durable: takes the place of <path>, whose journal goes; the frozen process keeps the old file, without a name
#include "gitops/base/result.hpp"
#include "storage/files.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace driftwarden::storage {

std::int64_t seizures_of(const std::string& path);
/// Unavailable when the file is written to meanwhile (then its locks come free), or when `leads` says no.
Result<void> seize(Files& files, const std::string& path, const std::function<bool()>& leads);
/// Goes on where a seizure was cut short; nothing otherwise.
Result<void> finish_seizure(Files& files, const std::string& path, const std::function<bool()>& leads);

}  // namespace driftwarden::storage
