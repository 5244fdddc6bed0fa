#pragma once

// Finds out what can be measured on this machine: by looking, by launching a target that does
// nothing, and by reading it as a real one is read. Takes some two seconds and at most five; leaves
// no process and no folder. Main thread.

#include <optional>

#include "harness/analysis/doctor_report.h"

namespace tidemark::run {

// Whatever fails is part of the answer. Nothing when `stop_fd` became readable: interrupted.
std::optional<analysis::DoctorReport> diagnose(int stop_fd);

}  // namespace tidemark::run
