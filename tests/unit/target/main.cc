// The guardian is this program again, started under another name, as in tidemark itself.

#include <gtest/gtest.h>

#include <string_view>

#include "harness/target/guardian.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == tidemark::target::kGuardianCommand)
    return tidemark::target::guardian_main(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
