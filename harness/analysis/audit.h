#pragma once

// Whether the data can carry a verdict. Pure.

#include <optional>
#include <vector>

#include "harness/analysis/report.h"
#include "harness/record/record.h"

namespace tidemark::analysis {

// Everything that was checked, whether it held or not.
std::vector<AuditCheck> audit(const record::Record& record);

// Changes the outcomes that the audit and the run's ending do not support, and says why in the
// reason.
void apply_audit(const record::Record& record, const std::vector<AuditCheck>& checks,
                 std::vector<GateReport>& gates);

// What one iteration needed on top at least, where that is what took the target beyond its memory
// limit; nothing: it did not end like that, or what it died of had stayed behind.
std::optional<Bytes> exceeded_by_one_iteration(const record::Record& record);

}  // namespace tidemark::analysis
