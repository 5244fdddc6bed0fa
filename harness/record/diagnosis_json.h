#pragma once

// What tracing found, to JSON and back: the form of the record and of an agent's answer alike
// (agents/PROTOCOL.md). from_json throws the JSON library's exceptions on a wrong type or a missing
// key, and std::invalid_argument on numbers that cannot be: lines are 0 to 2^31-1, counts and bytes
// 0 to 2^53, and a site has a frame and a mark at least. read_json turns them into Errors.

#include "harness/base/json.h"
#include "harness/record/diagnosis.h"

namespace tidemark::record {

// Without the process, which an agent does not know as we do.
ProcessDiagnosis process_diagnosis_from_json(const Json& json);
std::vector<TraceSite> trace_sites_from_json(const Json& json);

Json to_json(const Diagnosis& diagnosis);
Diagnosis diagnosis_from_json(const Json& json);
Json to_json(const PeakDiagnosis& diagnosis);
PeakDiagnosis peak_diagnosis_from_json(const Json& json);

}  // namespace tidemark::record
