#pragma once

// What several reporters say of the load in the same words. Pure; the text is not escaped yet.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/analysis/load_report.h"

namespace tidemark::reporters {

// Whether response and service time differ: only where a request can be due before it is sent.
bool has_two_times(const analysis::LoadReport& load);

// "p50 1.2 ms  p90 1.5 ms  p95 2 ms  p99 3 ms  max 4 ms".
std::string times_words(const analysis::TimesReport& times);

// Why requests were not answered as expected, with their number: wrong answers first, then what got
// no complete answer, most frequent first.
std::vector<std::pair<std::string, std::int64_t>> failures_by_cause(
    const analysis::LoadReport& load);

// "4 of 5,000 requests were not answered as expected: 1 x wrong answer, 3 x connection refused";
// empty when all were.
std::string failure_words(const analysis::LoadReport& load);

}  // namespace tidemark::reporters
