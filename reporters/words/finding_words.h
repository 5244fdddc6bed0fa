#pragma once

// What several reporters say of findings in the same words. Pure; the text is not escaped yet,
// unless it says so.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/analysis/diagnosis_report.h"
#include "harness/analysis/report.h"

namespace tidemark::reporters {

// Those of one kind, in their order.
std::vector<analysis::Finding> findings_of(const analysis::ScenarioReport& scenario,
                                           analysis::Finding::Kind kind);

// What kind of a finding it is, in a word: "leak", "filling", "known"; "held" at a peak.
std::string_view finding_label(const analysis::Finding& finding);

// Whether nobody is to blame for it: it has a bound, or is known and not over yet.
bool is_accepted(const analysis::Finding& finding);

// "shop/views.py:53 in index"; printable, on one line. A file of more columns than `longest_file`
// loses its first folders: "…/views.py:53 in index".
std::string place_words(const std::string& file, int line, const std::string& function,
                        std::size_t longest_file);

// "1008 B/iteration, 1 object each"; at a peak "24.1 MiB, 20,001 objects".
std::string amount_words(const analysis::Finding& finding);

// Why it is no leak, or is accepted: "filling, 37 of 200: no leak", "known until 2026-12-31: on its
// way", "known, but expired on 2026-01-01: on its way".
std::vector<std::string> remark_words(const analysis::Finding& finding);

// "shop.views.kept (list) → bytes"; empty where nothing is known of it.
std::string retained_words(const std::vector<std::string>& path);

// How much of the growth is understood, and where the rest must be; or why there are no findings.
// Empty where nothing grew.
std::string explained_words(const analysis::GrowthDiagnosis& diagnosis, std::size_t findings);

// "at the peak (31.2 MiB of it)", or why there are no findings.
std::string peak_words(const analysis::PeakFindings& peak);

// A number of things that need not be whole: "0.25", "20,001".
std::string things_words(double count);

// Of a whole, rounded, 0 to 100.
double percent(double share);

}  // namespace tidemark::reporters
