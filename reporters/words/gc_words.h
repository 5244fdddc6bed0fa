#pragma once

// Python's collector, as several reporters say it. Pure; the text is not escaped yet.

#include <string>
#include <vector>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

// "2.1/iteration, stopped for 12 ms in all (0.4 % of the time under load), 3 ms at the longest".
std::string collector_words(const analysis::GcReport& gc);

// "3 ms", "at most 3 ms" where a longer one before the growth phase hides it; "-".
std::string longest_words(const std::optional<analysis::LongestPause>& pause);
std::string seconds_words(const std::optional<Seconds>& time);

// "700", "700 or 5,000" where processes differ.
std::string threshold_words(const analysis::GcGenerationReport& generation);

}  // namespace tidemark::reporters
