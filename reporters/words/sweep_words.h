#pragma once

// Sweeps and how what they measure grows, as several reporters say it. Pure; the text is not
// escaped yet.

#include <string>
#include <vector>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

// A sweep as cells of text: the first column is the value, the last the outcome, the others are
// numbers. Of them only those are there of which a row has something to say.
struct SweepTable {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
};
SweepTable sweep_table(const analysis::SweepReport& sweep);

// "list over gc_threshold"
std::string sweep_title(const analysis::SweepReport& sweep);

// A size: "500,000", "0.25".
std::string size_words(double size);

// "peak memory", "duration".
std::string quantity_words(plan::ScaledQuantity quantity);

// "peak memory grows as O(n): 772 B (741 B to 803 B) for each of the users (the response is 51 B of
// that), 3.1 MiB fixed; at 500,000: 370 MiB (352 MiB to 391 MiB)"; "cannot tell how the peak memory
// grows: …; add a point at 200000". Empty where nothing was measured, or so few sizes of a sweep
// without gates that nobody will have asked.
std::string scaling_words(const analysis::SweepReport& sweep,
                          const analysis::ScalingReport& scaling);

// ... of all that is related to the size, without what is empty.
std::vector<std::string> scaling_sentences(const analysis::SweepReport& sweep);

// The command that runs the whole sweep again; empty where no point's command is known.
std::string repeat_command(const analysis::SweepReport& sweep, const analysis::RunReport& report);

}  // namespace tidemark::reporters
