#pragma once

// The Python agent, as carried in this program: pure standard-library modules that a target's
// interpreters load through PYTHONPATH.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/error.h"

namespace tidemark::agents {

// Writes the agent's modules below `folder`.
Result<void> write_python_agent(const std::filesystem::path& folder);

// Variables that switch the agent on in every Python process of a target; its sockets go to
// `sockets`.
std::vector<std::pair<std::string, std::string>> agent_environment(
    const std::filesystem::path& sockets);

// Variables before whose value something must stand, with a colon between: where the modules are
// found, and that the C library counts exactly.
std::vector<std::pair<std::string, std::string>> agent_path_prefixes(
    const std::filesystem::path& folder);

}  // namespace tidemark::agents
