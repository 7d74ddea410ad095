#pragma once
#include <string>

namespace driftwarden {

/// `text` (Unix line ends) with each empty block scalar (`a: |` with nothing deeper below it) written as a quoted text: libfyaml 0.7 takes
/// the keys below it for its body, or stumbles over them. Line numbers stay.
std::string with_quoted_empty_blocks(std::string text);

}  // namespace driftwarden
