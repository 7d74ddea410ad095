#include "integrations/kubernetes/memory.hpp"

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

namespace driftwarden::kubernetes {

void release_free_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace driftwarden::kubernetes
