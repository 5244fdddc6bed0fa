#pragma once

// What feeding iterations with data means for a verdict: whatever is cached by what a request says
// is full only when everything has been said. Until then its data are a leak's data. Pure.

#include <cstdint>
#include <optional>

#include "harness/record/record.h"

namespace tidemark::analysis {

// Iterations until every row of the data has been sent, or will almost surely have been; nothing
// when no row comes twice.
std::optional<std::int64_t> iterations_to_see_all(const record::DataFacts& data);

// Iterations of the growth phase before which nothing is called a leak: the scenario's horizon,
// after all rows have been seen.
std::int64_t growth_horizon(const record::Record& record);

}  // namespace tidemark::analysis
