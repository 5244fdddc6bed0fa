#pragma once

// What several JSON outputs share. Internal to the reporters.

#include <optional>

#include "harness/analysis/report.h"
#include "harness/base/json.h"

namespace tidemark::reporters {

Json number(double value);  // null where JSON has no number
Json optional_number(const std::optional<double>& value);
Json seconds_json(const std::optional<Seconds>& time);
Json bytes_json(const std::optional<Bytes>& bytes);
Json complexity_json(const std::optional<plan::Complexity>& complexity);
Json gate_json(const analysis::GateReport& gate);
Json load_json(const analysis::LoadReport& load);
Json finding_json(const analysis::Finding& finding);
Json diagnosis_json(const std::optional<analysis::GrowthDiagnosis>& diagnosis);
Json diagnosis_json(const std::optional<analysis::PeakFindings>& peak);
Json gc_json(const std::optional<analysis::GcReport>& gc);
Json sweep_json(const analysis::SweepReport& sweep);

}  // namespace tidemark::reporters
