#pragma once
// Inside of process: the seccomp filter of a fence, as the BPF program that the kernel runs at each system call.
#include <linux/filter.h>

#include <vector>

namespace driftwarden::process {

struct FilterNeeds {
  bool network = false;
  bool keep_modes = false;
  /// What Landlock of this kernel leaves open and the filter must refuse instead.
  bool refuse_truncation = false;
  bool refuse_signals = false;
  bool processes = false;  ///< sessions, process groups and signals are left alone
};

/// Empty where the processor isn't one that this knows.
std::vector<sock_filter> make_syscall_filter(const FilterNeeds& needs);

}  // namespace driftwarden::process
