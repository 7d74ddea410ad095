# Compiler, linker and cache settings that hold for every target.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The precompiled header is only cacheable when ccache may ignore its defines and times.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE_PROGRAM})
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(DRIFTWARDEN_WERROR)
  add_compile_options(-Werror)
endif()
if(DRIFTWARDEN_SANITIZE)
  add_compile_options(-fsanitize=${DRIFTWARDEN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${DRIFTWARDEN_SANITIZE})
  # A null or wild pointer ends in AddressSanitizer all the same; looking at each access beforehand is a third of the compile time and half of the objects.
  if(DRIFTWARDEN_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize=null,alignment,vptr)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these from inside the standard library and Asio when it inlines; both are known false alarms there.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-mismatched-new-delete)
  if(DRIFTWARDEN_PCH)
    add_compile_options(-fpch-preprocess -Winvalid-pch)
  endif()
endif()
