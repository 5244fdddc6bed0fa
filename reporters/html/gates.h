#pragma once

// Outcomes and gates on the page. Pure.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

std::string badge(analysis::Outcome outcome, std::string_view words);

// What is said of a gate beside its own figures; not escaped.
struct GateRemarks {
  bool is_expected = false;  // its failure
  std::string exhaustion = {};
};

// Each gate with its value beside its limit, and why; empty without one.
std::string gate_list(const std::vector<analysis::GateReport>& gates,
                      const std::function<GateRemarks(const analysis::GateReport&)>& remarks_of);

}  // namespace tidemark::reporters
