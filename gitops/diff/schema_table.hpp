#pragma once
// The built-in table: schemas of the common kinds in a line format (make_built_in_table.py describes it).
namespace driftwarden {

extern const char* const kBuiltInTable;

}  // namespace driftwarden
