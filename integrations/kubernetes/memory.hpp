#pragma once

namespace driftwarden::kubernetes {

/// Gives the memory of what was parsed and thrown away back to the system: after lists and schemas, where it is a good part of all.
void release_free_memory();

}  // namespace driftwarden::kubernetes
