// Judges records of real servers again: as a whole, and as a run would have, look by look.
//
//   tidemark_replay RECORD...    one line each: whole, growth, first decision, reason

#include <fmt/format.h>

#include "harness/analysis/growth_verdict.h"
#include "harness/analysis/judge.h"
#include "harness/record/record_file.h"

namespace tidemark::calibration {
namespace {

using analysis::GateReport;
using analysis::Outcome;

const plan::Budget* growth_budget(const record::Record& record) {
  for (const plan::Budget& budget : record.header.budgets)
    if (budget.gate == plan::Gate::kGrowth) return &budget;
  return nullptr;
}

std::size_t growth_checkpoints(const record::Record& record) {
  std::size_t count = 0;
  for (const record::Checkpoint& checkpoint : record.checkpoints)
    count += checkpoint.phase == record::Phase::kGrowth;
  return count;
}

void replay(const std::string& path) {
  auto record = record::read_record_file(path);
  if (!record) {
    fmt::print("{}: {}\n", path, with_place(record.error()));
    return;
  }
  const plan::Budget* budget = growth_budget(*record);
  if (!budget) return;
  const GateReport whole = analysis::judge_growth(*record, *budget, {SIZE_MAX, true});
  const std::size_t most = growth_checkpoints(*record);
  record->header.min_iterations = 40;
  std::string first = "none";
  for (std::size_t count = 1; count <= most; count = analysis::next_look(count)) {
    const GateReport gate = analysis::judge_growth(*record, *budget, {count, false});
    if (gate.outcome == Outcome::kInconclusive) continue;
    first = fmt::format("{}@{}", analysis::outcome_name(gate.outcome), count);
    break;
  }
  fmt::print("{:60} {:12} {:10} first {:8} {:10.4g} [{:.4g}, {:.4g}] {}\n", path,
             analysis::outcome_name(whole.outcome),
             whole.classification ? analysis::shape_name(*whole.classification) : "", first,
             whole.measured ? whole.measured->value.value : 0,
             whole.measured ? whole.measured->low.value_or(0) : 0,
             whole.measured ? whole.measured->high.value_or(0) : 0, whole.reason);
}

}  // namespace
}  // namespace tidemark::calibration

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) tidemark::calibration::replay(argv[i]);
}
