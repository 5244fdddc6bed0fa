#include <cstdio>
#include <exception>
#include <string_view>

#include "harness/cli/cli.h"
#include "harness/target/guardian.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == tidemark::target::kGuardianCommand)
    return tidemark::target::guardian_main(argc, argv);
  try {
    return tidemark::cli::run(argc, argv);
  } catch (const std::exception& error) {  // of a library: ours are Results
    std::fprintf(stderr, "tidemark: %s\n", error.what());
    return 3;
  }
}
