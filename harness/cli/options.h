#pragma once

// What the command line says, as values. Parsing it prints nothing.

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "harness/base/units.h"
#include "harness/plan/outputs.h"

namespace tidemark::cli {

struct PlanOptions {
  std::vector<std::string> files;
  std::string profile;
  std::string only;  // regular expression; empty: all
  std::vector<std::pair<std::string, std::string>> variables;
};

struct OutputOptions {
  std::string folder = "tidemark-out";  // empty: only where `more` says so
  plan::Outputs more;                   // beside the folder's own
  bool quiet = false;
  bool no_color = false;
};

struct RunOptions {
  PlanOptions plan;
  OutputOptions output;
};

struct CheckOptions {
  PlanOptions plan;
};

// Renders the outputs of an earlier run again, or one report of several.
struct ReportOptions {
  std::vector<std::string> folders;
  OutputOptions output;
};

// Looks at the machine instead of a target.
struct DoctorOptions {
  bool json = false;
  OutputOptions output;  // quiet and no_color alone
};

// Judges records again, or foreign series.
struct AnalyzeOptions {
  std::vector<std::string> paths;
  bool csv = false;
  std::string kind;                // of the series: "rss" or "exact"; empty: none given
  std::optional<Quantity> budget;  // bytes per iteration
  std::optional<int> horizon;      // iterations
};

// The command line asked for a text (--help, --version), or was wrong: the text and the exit code.
struct Answer {
  std::string text;
  int exit_code = 0;
};

using Options =
    std::variant<RunOptions, CheckOptions, ReportOptions, AnalyzeOptions, DoctorOptions, Answer>;

Options parse_options(int argc, const char* const* argv);

}  // namespace tidemark::cli
