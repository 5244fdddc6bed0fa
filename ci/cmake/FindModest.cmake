# Debian's libmodest-dev has neither a CMake nor a pkg-config file.
find_path(Modest_INCLUDE_DIR modest/finder/finder.h)
find_library(Modest_LIBRARY modest)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Modest REQUIRED_VARS Modest_LIBRARY Modest_INCLUDE_DIR)
mark_as_advanced(Modest_INCLUDE_DIR Modest_LIBRARY)
if(Modest_FOUND AND NOT TARGET Modest::Modest)
  add_library(Modest::Modest UNKNOWN IMPORTED)
  set_target_properties(Modest::Modest PROPERTIES
    IMPORTED_LOCATION "${Modest_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${Modest_INCLUDE_DIR}")
endif()
