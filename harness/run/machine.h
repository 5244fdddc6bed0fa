#pragma once

// Facts about the machine, for the report. Reads /proc and uname; stateless.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "harness/base/units.h"

namespace tidemark::run {

// "kernel", "processors", "memory", "tidemark", …
std::map<std::string, std::string> machine_facts();

// What the kernel manages, whatever limits lie on this process.
Bytes machine_memory();

// How often the kernel's OOM killer has struck since boot, anywhere; 0 when it does not say.
std::int64_t oom_kills();

// Whether it has struck in that cgroup, which belongs to one target alone. Where there is none
// (empty), or it does not say: anywhere, since there were so many.
bool oom_killer_struck(const std::filesystem::path& cgroup, std::int64_t kills_before);

// Now, in UTC: 2026-01-31T12:00:00Z.
std::string timestamp();

}  // namespace tidemark::run
