#include "harness/scenario/program_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "harness/scenario/map_reader.h"
#include "harness/scenario/request_reader.h"

namespace tidemark::scenario {
namespace {

constexpr std::string_view kForServers =
    "is for servers, and this scenario runs a program to its end";
constexpr std::string_view kWhatToJudge = "write peak_memory, duration or errors";

const YamlEntry* entry_of(const YamlNode& map, std::string_view key) {
  const auto found = std::find_if(map.entries.begin(), map.entries.end(),
                                  [&](const YamlEntry& entry) { return entry.key.text == key; });
  return found == map.entries.end() ? nullptr : &*found;
}

// Reports those of the keys that are there: "'port' " + why.
void refuse(const YamlNode& map, std::initializer_list<std::string_view> keys, std::string_view why,
            std::string_view hint, Diagnostics& diagnostics) {
  for (const std::string_view key : keys)
    if (const YamlEntry* entry = entry_of(map, key))
      diagnostics.push_back(
          {entry->key.position, fmt::format("'{}' {}", key, why), std::string(hint)});
}

}  // namespace

bool names_program(const YamlNode& target) {
  return target.kind == YamlNode::Kind::kMap && entry_of(target, "program");
}

void refuse_server_keys_in_scenario(const YamlNode& scenario, const YamlNode& name,
                                    Diagnostics& diagnostics) {
  if (scenario.kind != YamlNode::Kind::kMap) return;
  refuse(scenario,
         {"request", "flow", "flows", "capture", "data", "connection", "vus", "rate", "arrivals",
          "max_vus", "stages", "duration", "seed", "cookies"},
         kForServers, "leave it out", diagnostics);
  refuse(scenario, {"gc_threshold", "diagnosis", "known", "production"},
         "is for processes that stay, and this scenario runs a program to its end", "leave it out",
         diagnostics);
  if (const YamlEntry* timeout = entry_of(scenario, "timeout"))
    refuse(timeout->value, {"connect", "first_byte"}, kForServers,
           "write {total: 30s}, or the time alone", diagnostics);
  if (const YamlEntry* iterations = entry_of(scenario, "iterations"))
    refuse(iterations->value, {"horizon"}, "is for growth, and nothing of a program stays to grow",
           "leave it out", diagnostics);
  if (const YamlEntry* budgets = entry_of(scenario, "budgets")) {
    refuse(budgets->value, {"growth", "fds", "threads", "gc"},
           "is nothing to budget here: a program that has ended leaves nothing behind",
           kWhatToJudge, diagnostics);
    if (const YamlEntry* peak = entry_of(budgets->value, "peak_memory"))
      refuse(peak->value, {"requests"}, kForServers, "write the size alone", diagnostics);
  } else {
    diagnostics.push_back(
        {name.position,
         fmt::format("'{}' runs a program and needs the key 'budgets': the gates by default are "
                     "of what stays behind, and nothing of a program does",
                     name.text),
         std::string(kWhatToJudge)});
  }
}

void check_target_kind(const YamlNode& target, const std::vector<Scenario>& scenarios,
                       Diagnostics& diagnostics) {
  if (target.kind != YamlNode::Kind::kMap || entry_of(target, "attach")) return;
  const bool has_command = entry_of(target, "command");
  const bool has_program = entry_of(target, "program");
  const bool all_bring_one =
      !scenarios.empty() && std::all_of(scenarios.begin(), scenarios.end(),
                                        [](const auto& each) { return each.program.has_value(); });
  if (has_command == has_program && (has_command || !all_bring_one))
    diagnostics.push_back(
        {has_command ? entry_of(target, "program")->key.position : target.position,
         "'target' needs exactly one of the keys 'command' and 'program'",
         has_command ? "a command is a server; a program runs to its end" : ""});
  if (!has_command && (has_program || all_bring_one))
    refuse(target, {"port", "readiness", "runtime", "connection"},
           "is for servers, and this target is a program that runs to its end", "leave it out",
           diagnostics);
}

ProgramExpectation read_program_expectation(const YamlNode& node, Diagnostics& diagnostics) {
  MapReader map(node, "'expect'", diagnostics);
  ProgramExpectation expect;
  expect.exit = map.scalar("exit");
  expect.output = read_body_expectation(map);
  map.finish();
  return expect;
}

}  // namespace tidemark::scenario
