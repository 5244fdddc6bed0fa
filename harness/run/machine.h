#pragma once

// Facts about the machine, for the report. Reads /proc and uname; stateless.

#include <cstdint>
#include <map>
#include <string>

namespace tidemark::run {

// "kernel", "processors", "memory", "tidemark", …
std::map<std::string, std::string> machine_facts();

// How often the kernel's OOM killer has struck since boot; 0 when it does not say.
std::int64_t oom_kills();

// Now, in UTC: 2026-01-31T12:00:00Z.
std::string timestamp();

}  // namespace tidemark::run
