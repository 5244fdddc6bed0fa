#pragma once

// What tracing found in the target's processes: where memory that stays was allocated, what holds
// it, and what was held at the moment of a peak. Value types only. All text is the target's, hence
// untrusted.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/units.h"
#include "harness/record/process_key.h"

namespace tidemark::record {

// One line of code on the way to an allocation.
struct TraceFrame {
  std::string file;          // as the interpreter names it
  int line = 0;              // from 1
  std::string function;      // "Order.__init__"; "<module>" for code outside functions
  std::string source;        // the line, without indentation; empty where it cannot be read
  bool application = false;  // neither the interpreter's own library nor an installed package
  int first_of_context = 0;  // the number of the first of the lines around it
  std::vector<std::string> context = {};  // with indentation; empty: not known

  friend bool operator==(const TraceFrame&, const TraceFrame&) = default;
};

// All allocations with the same way to them. Bytes are what the allocators take for them, rounding
// and headers included, so that they can be compared with live bytes.
struct TraceSite {
  std::vector<TraceFrame> frames;   // innermost first
  std::vector<std::int64_t> bytes;  // in use at each mark
  std::vector<std::int64_t> blocks;
  std::string type;  // of most objects allocated here; empty: not known
  // The line to be shown first: the application's that touches what holds the memory, else its
  // innermost one; nothing: no line of the application is on the way.
  std::optional<TraceFrame> headline;
  std::optional<int> holder;  // index into ProcessDiagnosis::holders
};

// A container that has grown between the first and the last mark.
struct Holder {
  std::string name;               // "shop.views.RECEIVERS"; a type where it has no name
  std::string type;               // "list"
  std::vector<std::string> path;  // from a module, class or frame down to what it holds
  std::int64_t first_length = 0;
  std::int64_t last_length = 0;
  std::int64_t storage = 0;  // bytes of the array or table of its entries, which grows by leaps
  std::optional<std::int64_t> bound;  // deque.maxlen, lru_cache's maxsize and the like
};

// Objects of one type that the collector knows of.
struct TypeGrowth {
  std::string type;               // "shop.models.Order"
  std::int64_t first = 0;         // instances at the first mark
  std::int64_t last = 0;          // and at the last
  std::vector<std::string> path;  // from a module, class or frame down to one of the new ones
};

struct ProcessDiagnosis {
  ProcessKey process;
  std::vector<TraceSite> sites;  // those that grew, the largest first; at most some fifty
  std::vector<Holder> holders;
  std::vector<TypeGrowth> types;           // those that grew, the most first
  std::vector<std::int64_t> traced_bytes;  // all that is traced, at each mark
  std::string gap;                         // why there is nothing; empty: there is
};

// Tracing was on for some batches, with a mark before the first and after each.
struct Diagnosis {
  std::int64_t iteration = 0;         // finished before it began
  std::vector<std::int64_t> batches;  // iterations between the marks: one less than marks
  std::vector<ProcessDiagnosis> processes;
  std::string gap;  // why no process was traced; empty: some were, or have gaps of their own
};

// One iteration repeated with tracing, and what was held while it was near its peak.
struct PeakDiagnosis {
  std::int64_t iteration = 0;
  ProcessKey process;            // the one that needed the most
  Bytes traced_peak{0};          // the most that was traced on top of what was there before
  Bytes taken_at{0};             // how much of it was there when the snapshot was taken
  std::vector<TraceSite> sites;  // one mark: at the snapshot; the largest first
  std::string gap;               // why there is nothing; empty: there is
  std::string request = {};      // the only one of its requests that was watched; empty: all
};

}  // namespace tidemark::record
