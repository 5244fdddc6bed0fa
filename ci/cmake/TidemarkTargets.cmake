# One library a folder of the design; what it may use stands in its own CMakeLists.txt.

# Flags that every target of ours has, and no other.
add_library(tidemark_flags INTERFACE)
target_compile_options(tidemark_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Werror
  # gcc 12 and 13 see ghosts in optimised std::string (GCC bugs 105562 and 105651).
  -Wno-maybe-uninitialized -Wno-restrict)
target_include_directories(tidemark_flags INTERFACE "${CMAKE_SOURCE_DIR}")
if(TIDEMARK_SANITIZE)
  target_compile_options(tidemark_flags INTERFACE
    -fsanitize=${TIDEMARK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(tidemark_flags INTERFACE -fsanitize=${TIDEMARK_SANITIZE})
endif()

# tidemark_library(NAME [SELDOM] SOURCES … USES (our libraries) … LINKS (other people's, private) …)
# SELDOM: nothing in it runs often, so it is rather built quickly than made fast.
function(tidemark_library name)
  cmake_parse_arguments(ARG "SELDOM" "" "SOURCES;USES;LINKS" ${ARGN})
  add_library(tidemark_${name} STATIC ${ARG_SOURCES})
  list(TRANSFORM ARG_USES PREPEND tidemark_)
  target_link_libraries(tidemark_${name}
    PUBLIC ${ARG_USES} tl::expected PRIVATE tidemark_flags fmt::fmt ${ARG_LINKS})
  if(ARG_SELDOM)
    target_compile_options(tidemark_${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
endfunction()

# tidemark_embed(TARGET FILE SYMBOL): the file's bytes become `std::string_view SYMBOL()` in TARGET,
# declared by the caller in namespace tidemark::embedded.
function(tidemark_embed target file symbol)
  get_filename_component(path "${file}" ABSOLUTE)
  set(assembly "${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol}.S")
  set(source "${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol}.cc")
  file(CONFIGURE OUTPUT "${assembly}" CONTENT [[
.section .rodata
.global tidemark_@symbol@_begin
.global tidemark_@symbol@_end
tidemark_@symbol@_begin:
.incbin "@path@"
tidemark_@symbol@_end:
.byte 0
.section .note.GNU-stack,"",%progbits
]] @ONLY)
  file(CONFIGURE OUTPUT "${source}" CONTENT [[
#include <string_view>

extern "C" const char tidemark_@symbol@_begin[];
extern "C" const char tidemark_@symbol@_end[];

namespace tidemark::embedded {
std::string_view @symbol@();
std::string_view @symbol@() {
  return {tidemark_@symbol@_begin, static_cast<std::size_t>(tidemark_@symbol@_end - tidemark_@symbol@_begin)};
}
}  // namespace tidemark::embedded
]] @ONLY)
  set_source_files_properties("${assembly}" PROPERTIES OBJECT_DEPENDS "${path}")
  target_sources(${target} PRIVATE "${assembly}" "${source}")
endfunction()
