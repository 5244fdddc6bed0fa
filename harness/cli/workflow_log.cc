#include "harness/cli/workflow_log.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "harness/base/error.h"

namespace tidemark::cli {
namespace {

constexpr std::size_t kTokenBytes = 16;

std::string unguessable() {
  std::array<unsigned char, kTokenBytes> bytes = {};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("no random numbers: " + errno_text(errno));
  std::string token = "tidemark-";
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

void say(const std::string& line) {
  std::fputs(line.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

bool runs_in_github() {
  const char* said = std::getenv("GITHUB_ACTIONS");
  return said && std::string_view(said) == "true";
}

WorkflowLog::WorkflowLog() {
  if (!runs_in_github()) return;
  token_ = unguessable();
  say(fmt::format("::stop-commands::{}\n", token_));
}

void WorkflowLog::resume() {
  if (token_.empty()) return;
  // On a line of its own, whatever was printed last.
  say(fmt::format("\n::{}::\n", token_));
  token_.clear();
}

}  // namespace tidemark::cli
