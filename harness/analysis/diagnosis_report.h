#pragma once

// Which lines keep memory, and which hold it at a peak: what findings are. Value types only. Text
// in them is the target's.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/units.h"
#include "harness/plan/plan.h"
#include "harness/record/diagnosis.h"

namespace tidemark::analysis {

// Where a part of a finding's memory was allocated.
struct FindingSite {
  record::TraceFrame frame;  // the innermost one of the application, else the innermost of all
  std::string type;          // empty: not known
  double bytes = 0;          // per iteration for growth; in all for a peak
  double blocks = 0;
};

// A holder with a known bound that is not full yet, and leaves room enough when it is.
struct Filling {
  std::int64_t length = 0;
  std::int64_t bound = 0;
};

// An accepted finding: listed under `known` in the scenario file.
struct KnownFinding {
  std::string reason;
  std::string until;  // 2026-12-31; empty: no end
  bool expired = false;
};

// An entry of `known`, and whether the run met it.
struct KnownUse {
  plan::Known known;
  bool met = false;
  bool can_tell = false;  // growth was decided, and where it failed lines were found
};

// A call on the way to an allocation.
struct StackLine {
  std::string words;         // "shop/views.py:12 in index: KEPT.append(x)"
  bool application = false;  // else of a library
};

// One place that keeps memory. The fingerprint is made of the function's name and its source line
// without blanks, so that neither moved lines nor renamed folders change it.
struct Finding {
  enum class Kind { kGrowth, kPeak };
  Kind kind = Kind::kGrowth;
  std::string fingerprint;  // 12 hexadecimal digits
  std::string file;
  int line = 0;
  std::string function;
  std::string source;
  bool application = false;              // the line is neither the interpreter's nor a package's
  int first_of_context = 0;              // the number of the first of the lines around it
  std::vector<std::string> context;      // with indentation; empty: not known
  std::string type;                      // of what is kept
  double bytes_per_iteration = 0;        // growth
  double objects_per_iteration = 0;      // growth: entries of what holds them, else blocks
  bool once_per_iteration = false;       // growth: the same number of blocks in each iteration
  double bytes = 0;                      // peak: held at the snapshot
  double objects = 0;                    // peak
  std::vector<StackLine> frames;         // innermost first
  std::vector<std::string> retained_by;  // from a module, class or frame down to what is kept
  std::optional<Filling> filling;        // growth: it has a bound, and is no leak
  std::vector<FindingSite> sites;        // the largest first
  std::optional<KnownFinding> known;
};

// Instances of one type, over all processes.
struct TypeReport {
  std::string type;
  double per_iteration = 0;
  std::int64_t more = 0;  // at the last mark than at the first
  std::vector<std::string> retained_by;
};

// What the growth phase's diagnosis says beside its findings.
struct GrowthDiagnosis {
  std::int64_t iterations = 0;  // under tracing, between the first mark and the last
  double measured = 0;          // bytes per iteration: what the gate measured, untraced
  double explained = 0;         // of it by findings
  double outside = 0;           // bytes per iteration that no traced line explains, at least 0
  std::vector<TypeReport> types;
  std::string gap;  // why there are no findings; empty: there are

  // Of the measured growth, 0 to 1.
  double explained_share() const { return measured > 0 ? std::min(1.0, explained / measured) : 0; }
};

// What the repeated iteration says beside its findings.
struct PeakFindings {
  std::int64_t iteration = 0;
  Bytes measured{0};     // the largest peak, untraced
  Bytes traced_peak{0};  // what the runtime's allocators needed on top
  Bytes taken_at{0};     // of it when the snapshot was taken
  std::string gap;
  std::string request = {};  // the only one that was looked at; empty: the whole iteration
};

}  // namespace tidemark::analysis
