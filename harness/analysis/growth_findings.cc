#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "harness/analysis/exhaustion.h"
#include "harness/analysis/findings.h"
#include "harness/analysis/fingerprint.h"
#include "harness/analysis/site_growth.h"

namespace tidemark::analysis {
namespace {

using record::Holder;
using record::ProcessDiagnosis;
using record::TraceFrame;
using record::TraceSite;

// Findings of less are noise of caches: bytes per iteration, and share of what was measured.
constexpr double kLeastBytes = 16;
constexpr double kLeastShare = 0.02;
constexpr std::size_t kMostTypes = 10;
constexpr double kFewestOfType = 0.1;  // per iteration
constexpr double kNearlyOnce = 0.01;
// A container that holds more than this share of the memory when it is full is as bad as one
// without a bound.
constexpr double kMostOfMemory = 0.5;

// One site over all processes.
struct Place {
  TraceSite site;                // as one of the processes saw it
  std::optional<Holder> holder;  // lengths and storage added up
  SiteGrowth growth;
};

// Of numbers that an agent says, each within 2^53, and there may be very many of them.
std::int64_t sum_of(std::int64_t one, std::int64_t other) {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  return std::clamp(one + other, -kMost, kMost);
}

bool same_line(const TraceFrame& one, const TraceFrame& other) {
  return one.line == other.line && one.file == other.file && one.function == other.function;
}

void add_lengths(std::optional<Holder>& sum, const Holder& more) {
  if (!sum) {
    sum = more;
    return;
  }
  sum->first_length = sum_of(sum->first_length, more.first_length);
  sum->last_length = sum_of(sum->last_length, more.last_length);
  sum->storage = sum_of(sum->storage, more.storage);
  if (sum->bound && more.bound) sum->bound = sum_of(*sum->bound, *more.bound);
}

std::vector<Place> places_of(const record::Diagnosis& diagnosis) {
  std::vector<Place> places;
  std::map<std::string, std::size_t> known;
  for (const ProcessDiagnosis& process : diagnosis.processes)
    for (const TraceSite& site : process.sites) {
      std::string way;
      for (const TraceFrame& frame : site.frames)
        way += fmt::format("{}:{}\n", frame.file, frame.line);
      const auto [at, is_new] = known.try_emplace(way, places.size());
      if (is_new) places.push_back({site, std::nullopt, {}});
      Place& place = places[at->second];
      add(place.growth, growth_of(site));
      if (place.site.type.empty()) place.site.type = site.type;
      if (!place.site.headline) place.site.headline = site.headline;
      if (site.holder)
        add_lengths(place.holder, process.holders[static_cast<std::size_t>(*site.holder)]);
    }
  std::erase_if(places, [](const Place& place) { return !goes_on(place.growth); });
  std::sort(places.begin(), places.end(), [](const Place& one, const Place& other) {
    return one.growth.bytes > other.growth.bytes;
  });
  return places;
}

// Places with one guilty line.
struct Group {
  TraceFrame line;
  std::vector<Place> places;     // the largest first
  std::optional<Holder> holder;  // of most of its bytes
  double bytes = 0;              // its holder's storage included
};

bool runs_through(const TraceSite& site, const TraceFrame& line) {
  return std::any_of(site.frames.begin(), site.frames.end(), [&](const TraceFrame& frame) {
    return frame.application && same_line(frame, line);
  });
}

// Where a place belongs: to the group of its line; without a line of the application to what the
// same container holds; without a holder to a line that it runs through.
Group* group_for(const Place& place, std::vector<Group>& groups) {
  for (Group& group : groups)
    if (same_line(group.line, shown_frame(place.site))) return &group;
  for (Group& group : groups) {
    const auto& holder = group.places.front().holder;
    const bool same_holder = place.holder && holder && place.holder->name == holder->name;
    if (!place.site.headline && same_holder) return &group;
    if (!place.holder && holder && runs_through(place.site, group.line)) return &group;
  }
  return nullptr;
}

// The holder of most of the group's bytes.
std::optional<Holder> holder_of(const Group& group) {
  std::map<std::string, double> bytes;
  for (const Place& place : group.places)
    if (place.holder) bytes[place.holder->name] += place.growth.bytes;
  std::optional<Holder> most;
  for (const Place& place : group.places)
    if (place.holder && (!most || bytes[place.holder->name] > bytes[most->name]))
      most = place.holder;
  return most;
}

std::vector<Group> grouped(std::vector<Place> places) {
  // Those that are known best come first, so that the others find them.
  std::stable_sort(places.begin(), places.end(), [](const Place& one, const Place& other) {
    const auto known = [](const Place& place) {
      return place.holder.has_value() + place.site.headline.has_value();
    };
    return known(one) > known(other);
  });
  std::vector<Group> groups;
  for (Place& place : places) {
    Group* group = group_for(place, groups);
    if (!group) group = &groups.emplace_back(Group{shown_frame(place.site), {}, {}, 0});
    group->bytes += place.growth.bytes;
    group->places.push_back(std::move(place));
  }
  for (Group& group : groups)
    std::stable_sort(
        group.places.begin(), group.places.end(),
        [](const Place& one, const Place& other) { return one.growth.bytes > other.growth.bytes; });
  const auto by_size = [](const Group& one, const Group& other) { return one.bytes > other.bytes; };
  std::sort(groups.begin(), groups.end(), by_size);
  std::set<std::string>
      counted;  // a container's storage belongs to one line, the one that adds most
  for (Group& group : groups) {
    group.holder = holder_of(group);
    if (group.holder && counted.insert(group.holder->name).second)
      group.bytes += growth_of_storage(*group.holder);
  }
  std::sort(groups.begin(), groups.end(), by_size);
  return groups;
}

std::string type_of(const Group& group) {
  std::map<std::string, double> bytes;
  for (const Place& place : group.places)
    if (!place.site.type.empty()) bytes[place.site.type] += place.growth.bytes;
  const auto most = std::max_element(
      bytes.begin(), bytes.end(),
      [](const auto& one, const auto& other) { return one.second < other.second; });
  return most == bytes.end() ? std::string() : most->first;
}

// A container with a bound that is not full yet; nothing where it would not fit when it is.
std::optional<Filling> filling_of(const Holder& holder, double bytes,
                                  const record::Header& header) {
  const auto added = static_cast<double>(holder.last_length - holder.first_length);
  if (!holder.bound || holder.last_length >= *holder.bound || added <= 0) return std::nullopt;
  const auto missing = static_cast<double>(*holder.bound - holder.last_length);
  const auto memory = memory_at_hand(header);
  if (memory && missing * bytes / added > kMostOfMemory * static_cast<double>(memory->count))
    return std::nullopt;
  return Filling{holder.last_length, *holder.bound};
}

Finding finding_of(const Group& group, const record::Record& record, double iterations) {
  const Place& largest = group.places.front();
  Finding finding;
  finding.fingerprint = fingerprint(group.line.function, group.line.source, group.line.file);
  finding.file = group.line.file;
  finding.line = group.line.line;
  finding.function = group.line.function;
  finding.source = group.line.source;
  finding.first_of_context = group.line.first_of_context;
  finding.context = group.line.context;
  finding.application = group.line.application;
  finding.type = type_of(group);
  finding.bytes_per_iteration = group.bytes / iterations;
  for (const Place& place : group.places) {
    finding.objects_per_iteration += place.growth.blocks / iterations;
    finding.sites.push_back({shown_frame(place.site), place.site.type,
                             place.growth.bytes / iterations, place.growth.blocks / iterations});
  }
  finding.once_per_iteration = is_once_per_iteration(largest.growth, record.diagnosis->batches);
  for (const TraceFrame& frame : largest.site.frames)
    finding.frames.push_back({frame_words(frame), frame.application});
  if (const auto& holder = group.holder) {
    const auto added = static_cast<double>(holder->last_length - holder->first_length);
    finding.objects_per_iteration = added / iterations;
    finding.once_per_iteration =
        finding.once_per_iteration || std::abs(added - iterations) < kNearlyOnce * iterations;
    // What the way down ends with is what was put into the container.
    if (holder->path.size() > 1) finding.type = holder->path.back();
    finding.retained_by = holder->path;
    finding.filling = filling_of(*holder, group.bytes, record.header);
  }
  return finding;
}

// Instances over all processes, the most first.
std::vector<TypeReport> types_of(const record::Diagnosis& diagnosis, double iterations) {
  std::vector<TypeReport> types;
  for (const ProcessDiagnosis& process : diagnosis.processes)
    for (const record::TypeGrowth& growth : process.types) {
      auto at = std::find_if(types.begin(), types.end(),
                             [&](const TypeReport& type) { return type.type == growth.type; });
      if (at == types.end()) at = types.insert(types.end(), {growth.type, 0, 0, {}});
      at->more = sum_of(at->more, growth.last - growth.first);
      if (at->retained_by.empty()) at->retained_by = growth.path;
    }
  for (TypeReport& type : types) type.per_iteration = static_cast<double>(type.more) / iterations;
  std::erase_if(types, [](const TypeReport& type) { return type.per_iteration < kFewestOfType; });
  std::sort(types.begin(), types.end(),
            [](const TypeReport& one, const TypeReport& other) { return one.more > other.more; });
  if (types.size() > kMostTypes) types.resize(kMostTypes);
  return types;
}

// Why nothing was found out; empty: something was.
std::string gap_of(const record::Diagnosis& diagnosis) {
  if (!diagnosis.gap.empty()) return diagnosis.gap;
  const bool none =
      std::all_of(diagnosis.processes.begin(), diagnosis.processes.end(),
                  [](const ProcessDiagnosis& process) { return !process.gap.empty(); });
  if (!none) return {};
  return diagnosis.processes.empty() ? "no process was traced" : diagnosis.processes.front().gap;
}

// A line whose holder is not known is told what holds most objects of its type.
void explain_by_types(const std::vector<TypeReport>& types, Finding& finding) {
  if (!finding.retained_by.empty()) return;
  for (const TypeReport& type : types)
    if (type.type == finding.type) finding.retained_by = type.retained_by;
}

bool is_known(const Finding& finding, const record::Header& header) {
  return std::any_of(header.known.begin(), header.known.end(), [&](const plan::Known& known) {
    return known.fingerprint == finding.fingerprint;
  });
}

}  // namespace

const TraceFrame& shown_frame(const TraceSite& site) {
  if (site.headline) return *site.headline;
  // Generated code tells nobody anything, and which place in it varies.
  const auto told = std::find_if(site.frames.begin(), site.frames.end(),
                                 [](const TraceFrame& frame) { return !frame.source.empty(); });
  return told == site.frames.end() ? site.frames.front() : *told;
}

std::string frame_words(const TraceFrame& frame) {
  return fmt::format("{}:{} in {}{}{}", frame.file, frame.line, frame.function,
                     frame.source.empty() ? "" : ": ", frame.source);
}

Diagnosed growth_findings(const record::Record& record, double measured) {
  if (!record.diagnosis) return {};
  const record::Diagnosis& diagnosis = *record.diagnosis;
  Diagnosed result;
  GrowthDiagnosis growth;
  growth.iterations =
      std::accumulate(diagnosis.batches.begin(), diagnosis.batches.end(), std::int64_t{0});
  growth.measured = measured;
  const auto iterations = static_cast<double>(growth.iterations);
  growth.gap = gap_of(diagnosis);
  if (growth.gap.empty()) {
    growth.types = types_of(diagnosis, iterations);
    double excused = 0;
    for (const Group& group : grouped(places_of(diagnosis))) {
      growth.explained += group.bytes / iterations;
      Finding finding = finding_of(group, record, iterations);
      if (finding.filling || is_known(finding, record.header))
        excused += finding.bytes_per_iteration;
      result.findings.push_back(std::move(finding));
    }
    // What is excused, however large, hides nothing beside it; what is known is met, however small.
    const double least = std::max(kLeastBytes, kLeastShare * (measured - excused));
    std::erase_if(result.findings, [&](const Finding& finding) {
      return finding.bytes_per_iteration < least && !is_known(finding, record.header);
    });
    for (Finding& finding : result.findings) explain_by_types(growth.types, finding);
    growth.outside = std::max(0.0, measured - growth.explained);
  }
  result.growth = std::move(growth);
  return result;
}

}  // namespace tidemark::analysis
