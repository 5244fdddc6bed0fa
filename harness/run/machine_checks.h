#pragma once

// What the kernel's files say about how well memory can be measured on a machine. They are read
// once and nothing is changed or launched; any thread.

#include <filesystem>
#include <vector>

#include "harness/analysis/doctor_report.h"
#include "harness/base/units.h"

namespace tidemark::run {

// Where to look; tests make up roots of their own.
struct Machine {
  std::filesystem::path proc = "/proc";
  std::filesystem::path sys = "/sys";
  int pid = 0;         // of a process that may be read: this one
  int processors = 1;  // that a target may run on
};

Machine this_machine();

std::vector<analysis::MachineCheck> machine_checks(const Machine& machine);

// How far the kernel's high-water mark of a process can be off: each processor holds back some
// pages of the counter, the more the more there are (lib/percpu_counter.c, from Linux 6.2 on).
Bytes peak_error(int processors, int online);

}  // namespace tidemark::run
