#pragma once

// The command line: arguments to options, options to a command, its exit code back.

namespace tidemark::cli {

// The process's exit code, as listed in the project's README.
int run(int argc, char** argv);

}  // namespace tidemark::cli
