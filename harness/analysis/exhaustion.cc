#include "harness/analysis/exhaustion.h"

#include <algorithm>

#include "harness/analysis/report.h"

namespace tidemark::analysis {
namespace {

using record::Signal;

// Of the whole tree at the last checkpoint that could be read.
Bytes memory_in_use(const record::Record& record) {
  for (auto checkpoint = record.checkpoints.rbegin(); checkpoint != record.checkpoints.rend();
       ++checkpoint) {
    double sum = 0;
    for (const record::Reading& reading : checkpoint->readings)
      sum +=
          reading.values.get(Signal::kUss).value_or(reading.values.get(Signal::kRss).value_or(0));
    if (sum > 0) return {static_cast<std::int64_t>(sum)};
  }
  return {};
}

// While load was on, as throughput is reported: pauses for checkpoints are ours.
double iterations_per_second(const record::Record& record) {
  Seconds under_load{0};
  std::int64_t iterations = 0;
  for (const record::Batch& batch : record.batches) {
    if (batch.phase != record::Phase::kGrowth) continue;
    under_load += batch.duration;
    iterations += batch.iterations;
  }
  return under_load.count() > 0 ? static_cast<double>(iterations) / under_load.count() : 0;
}

struct Limit {
  Bytes memory{0};
  std::string_view from;
};

std::optional<Limit> memory_limit_of(const record::Header& header) {
  if (header.production.memory) return Limit{*header.production.memory, kFromProduction};
  if (header.memory_limit) return Limit{*header.memory_limit, kFromMemoryLimit};
  if (header.machine_memory) return Limit{*header.machine_memory, kFromMachine};
  return std::nullopt;
}

bool looks_like_a_leak(const GateReport& gate) {
  return gate.gate == plan::Gate::kGrowth &&
         (gate.outcome == Outcome::kFail ||
          (gate.outcome == Outcome::kInconclusive && gate.classification == Shape::kLeak));
}

}  // namespace

std::optional<Bytes> memory_at_hand(const record::Header& header) {
  const auto limit = memory_limit_of(header);
  return limit ? std::optional(limit->memory) : std::nullopt;
}

std::optional<Exhaustion> time_to_exhaustion(const ExhaustionInput& input) {
  const bool is_certain = input.growth_low && *input.growth_low > 0;
  if (!is_certain || input.growth <= 0 || input.rate_per_second <= 0) return std::nullopt;
  const auto left =
      static_cast<double>(std::max<std::int64_t>(0, input.limit.count - input.in_use.count));
  const auto after = [&](double growth) { return Seconds(left / growth / input.rate_per_second); };
  Exhaustion exhaustion;
  exhaustion.after = after(input.growth);
  if (input.growth_high) exhaustion.earliest = after(*input.growth_high);
  exhaustion.latest = after(*input.growth_low);
  exhaustion.iterations = left / input.growth;
  exhaustion.rate_per_second = input.rate_per_second;
  exhaustion.rate_given = input.rate_given;
  exhaustion.limit = input.limit;
  exhaustion.limit_from = input.limit_from;
  exhaustion.in_use = input.in_use;
  return exhaustion;
}

std::optional<Exhaustion> exhaustion_of(const record::Record& record, const GateReport& gate) {
  const std::optional<Limit> limit = memory_limit_of(record.header);
  const Bytes in_use = memory_in_use(record);
  if (!looks_like_a_leak(gate) || !gate.measured || !limit || in_use == 0_B) return std::nullopt;
  ExhaustionInput input;
  input.growth = gate.measured->value.value;
  input.growth_low = gate.measured->low;
  input.growth_high = gate.measured->high;
  input.in_use = in_use;
  input.limit = limit->memory;
  input.limit_from = limit->from;
  const auto& rate = record.header.production.rate_per_second;
  input.rate_given = rate.has_value();
  input.rate_per_second = rate.value_or(iterations_per_second(record));
  return time_to_exhaustion(input);
}

}  // namespace tidemark::analysis
