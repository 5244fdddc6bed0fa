#pragma once

// Sweeps as plain text for a terminal. Pure; nothing in it is a control character but what colors
// it.

#include <string>

#include "harness/analysis/report.h"
#include "reporters/reporters.h"

namespace tidemark::reporters {

// Of each sweep a table, how what it measures grows, and its gates; where only problems are asked
// for, the gates that are one. Empty without a sweep.
// Of a folded one its name, how many points it has and how what was measured grows.
enum class SweepFolds { kNone, kGood };
std::string sweep_lines(const analysis::RunReport& report, const ConsoleStyle& style,
                        SweepFolds folds = SweepFolds::kNone);

}  // namespace tidemark::reporters
