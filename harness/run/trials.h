#pragma once

// What is tried on this process itself, before anything is launched, to find out what can be
// measured on a machine. Main thread.

#include "harness/analysis/doctor_report.h"
#include "harness/base/error.h"
#include "harness/base/file.h"
#include "harness/run/machine_checks.h"

namespace tidemark::run {

// Whether the kernel's high-water mark can be set back, and how exact it is.
analysis::MachineCheck check_peaks(const Machine& machine);

// Whether requests can reach a target by way of 127.0.0.1.
analysis::MachineCheck check_loopback();

// Whether there is room in the place of scratch folders, of which `folder` is one.
analysis::MachineCheck check_scratch(const Result<TemporaryFolder>& folder);

}  // namespace tidemark::run
