#include "harness/run/suite.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "harness/agents/python_agent.h"
#include "harness/base/file.h"
#include "harness/base/json.h"
#include "harness/record/record_file.h"
#include "harness/run/machine.h"
#include "harness/run/scenario_run.h"
#include "harness/target/guarded_process.h"
#include "harness/target/scratch.h"

namespace tidemark::run {
namespace {

namespace fs = std::filesystem;

// Which folders belong to the run, in its order: others may be left from an earlier one.
constexpr char kManifest[] = "run.json";

struct Manifest {
  std::string name;
  std::string started;
  double duration_seconds = 0;
  std::vector<std::string> folders;         // of those that were begun
  std::size_t planned = 0;                  // scenarios
  std::vector<std::string> scenarios = {};  // the names of all that were planned
};

Result<void> write_manifest(const fs::path& output, const Manifest& manifest) {
  const Json json = {
      {"schema", "tidemark-run/1"},     {"name", manifest.name},
      {"started", manifest.started},    {"duration_seconds", manifest.duration_seconds},
      {"folders", manifest.folders},    {"planned", manifest.planned},
      {"scenarios", manifest.scenarios}};
  return write_file(output / kManifest, json_text(json, 2) + "\n");
}

Result<Manifest> read_manifest(const fs::path& output) {
  const auto text = read_file(output / kManifest);
  if (!text)
    return failure(
        fmt::format("{} holds no run of Tidemark: it has no {}", output.string(), kManifest));
  auto manifest = read_json(*text, [](const Json& json) {
    return Manifest{json.at("name"),
                    json.at("started"),
                    json.at("duration_seconds"),
                    json.at("folders").get<std::vector<std::string>>(),
                    json.value("planned", std::size_t{0}),
                    json.value("scenarios", std::vector<std::string>())};
  });
  if (manifest) return manifest;
  return failure(
      fmt::format("{} is broken: {}", (output / kManifest).string(), manifest.error().message));
}

std::map<std::string, std::string> environment_of(const std::vector<record::Record>& records) {
  std::map<std::string, std::string> facts;
  for (const record::Record& record : records) {
    facts.insert(record.header.environment.begin(), record.header.environment.end());
    for (const record::ProcessSeen& seen : record.processes)
      if (!seen.runtime.empty()) facts["runtime"] = seen.runtime;
  }
  return facts;
}

// A scenario is known by its number where its name was not written down.
std::vector<std::string> not_run(const Manifest& manifest, std::size_t begun) {
  std::vector<std::string> names;
  for (std::size_t i = begun; i < manifest.planned; ++i)
    names.push_back(i < manifest.scenarios.size() ? manifest.scenarios[i]
                                                  : fmt::format("scenario {}", i + 1));
  return names;
}

analysis::RunReport report_of(const std::vector<record::Record>& records,
                              const Manifest& manifest) {
  std::vector<analysis::ScenarioReport> scenarios;
  for (const record::Record& record : records)
    scenarios.push_back(analysis::report_scenario(record));
  return analysis::report_run(std::move(scenarios), manifest.name, manifest.started,
                              Seconds(manifest.duration_seconds), environment_of(records),
                              not_run(manifest, records.size()));
}

}  // namespace

Result<analysis::RunReport> run_suite(const SuiteOptions& options, Progress& progress) {
  const auto began = std::chrono::steady_clock::now();
  const auto work = TemporaryFolder::create();
  if (!work) return tl::unexpected(work.error());
  const auto guardian = target::GuardedProcess::guard(work->path());
  if (!guardian) return tl::unexpected(guardian.error());
  const fs::path agent = work->path() / "python";
  if (auto written = agents::write_python_agent(agent); !written)
    return tl::unexpected(written.error());
  target::Scratch scratch(work->path());
  Manifest manifest{options.name, timestamp(), 0, {}, options.scenarios.size()};
  for (const plan::Scenario& scenario : options.scenarios)
    manifest.scenarios.push_back(scenario.name);
  std::vector<record::Record> records;
  for (std::size_t i = 0; i < options.scenarios.size(); ++i) {
    const plan::Scenario& scenario = options.scenarios[i];
    progress.begin_scenario(scenario.name, i + 1, options.scenarios.size());
    manifest.folders.push_back(scenario.folder);
    if (auto written = write_manifest(options.output, manifest); !written && i == 0)
      return tl::unexpected(written.error());
    const ScenarioContext context{options.name,
                                  options.repeat_commands[i],
                                  options.output / scenario.folder,
                                  work->path(),
                                  agent,
                                  options.secrets,
                                  options.stop_fd};
    records.push_back(run_scenario(scenario, context, scratch, progress));
    progress.end_scenario(analysis::report_scenario(records.back()));
    if (wait_readable(options.stop_fd, Seconds(0))) break;
  }
  manifest.duration_seconds = Seconds(std::chrono::steady_clock::now() - began).count();
  (void)write_manifest(options.output,
                       manifest);  // the outputs will meet the same trouble, and say so
  return report_of(records, manifest);
}

Result<analysis::RunReport> read_suite(const fs::path& output) {
  const auto manifest = read_manifest(output);
  if (!manifest) return tl::unexpected(manifest.error());
  auto stored = read_records(output);
  if (!stored) return tl::unexpected(stored.error());
  std::vector<record::Record> records;
  for (StoredRecord& each : *stored) records.push_back(std::move(each.record));
  return report_of(records, *manifest);
}

Result<std::vector<StoredRecord>> read_records(const fs::path& path) {
  std::vector<fs::path> files;
  std::error_code unknown;
  if (!fs::is_directory(path, unknown)) {
    files.push_back(path);
  } else if (fs::exists(path / record::kRecordFile, unknown)) {
    files.push_back(path / record::kRecordFile);
  } else {
    const auto manifest = read_manifest(path);
    if (!manifest) return tl::unexpected(manifest.error());
    for (const std::string& folder : manifest->folders)
      files.push_back(path / folder / record::kRecordFile);
  }
  std::vector<StoredRecord> records;
  for (const fs::path& file : files) {
    auto record = record::read_record_file(file);
    if (!record) return tl::unexpected(record.error());
    records.push_back({file.string(), std::move(*record)});
  }
  return records;
}

}  // namespace tidemark::run
