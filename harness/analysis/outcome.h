#pragma once

// What a gate, a scenario or a run came to.

#include <string_view>

namespace tidemark::analysis {

enum class Outcome { kPass, kFail, kInconclusive, kInvalid, kSkipped };
std::string_view outcome_name(Outcome outcome);

}  // namespace tidemark::analysis
