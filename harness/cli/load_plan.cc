#include "harness/cli/load_plan.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <set>

#include "harness/base/text.h"
#include "harness/plan/planner.h"
#include "harness/scenario/reader.h"

namespace tidemark::cli {
namespace {

struct CheckedFile {
  plan::Plan plan;
  std::string problems;  // rendered; empty: none
};

void check_file_to_read(const std::filesystem::path& file, const SourcePosition& place,
                        scenario::Diagnostics& diagnostics) {
  const std::string name = file.lexically_normal().string();
  if (std::error_code none; !std::filesystem::is_regular_file(file, none))
    diagnostics.push_back(
        {place, "there is no file " + name, "its path is relative to the scenario file"});
  else if (::access(file.c_str(), R_OK) != 0)
    diagnostics.push_back({place, fmt::format("{} may not be read", name), {}});
}

void check_files_to_send(const plan::Request& request, scenario::Diagnostics& diagnostics) {
  if (const auto* whole = std::get_if<plan::FileBody>(&request.body))
    check_file_to_read(whole->path, whole->position, diagnostics);
  if (const auto* parts = std::get_if<plan::MultipartBody>(&request.body))
    for (const plan::MultipartBody::File& part : parts->files)
      check_file_to_read(part.path, part.position, diagnostics);
}

// Those in {{scratch}} are made by `prepare`, so nobody can look for them yet.
void check_tls_files(const plan::Scenario& scenario, scenario::Diagnostics& diagnostics) {
  if (!scenario.connection.tls) return;
  const plan::Tls& tls = *scenario.connection.tls;
  const auto folder = std::filesystem::path(scenario.file).parent_path();
  for (const auto* file : {&tls.ca, &tls.certificate, &tls.key})
    if (*file && (*file)->is_literal())
      check_file_to_read(folder / (*file)->text(), tls.position, diagnostics);
}

// What only the disk knows of a plan.
void check_on_disk(const plan::Plan& plan, scenario::Diagnostics& diagnostics) {
  for (const plan::Scenario& scenario : plan.scenarios) {
    if (std::error_code none; !std::filesystem::is_directory(scenario.target.directory, none))
      diagnostics.push_back({scenario.target.directory_position,
                             fmt::format("there is no folder {}",
                                         scenario.target.directory.lexically_normal().string()),
                             "'directory' is relative to the scenario file"});
    for (const plan::Preparation::Input& input : scenario.target.prepare.inputs)
      if (std::error_code none; !std::filesystem::exists(input.path, none))
        diagnostics.push_back(
            {input.position,
             fmt::format("there is no file or folder {}", input.path.lexically_normal().string()),
             "'inputs' are relative to the scenario file"});
    for (const plan::Flow& flow : scenario.flows)
      for (const plan::Step& step : flow.steps)
        if (const auto* request = std::get_if<plan::Request>(&step))
          check_files_to_send(*request, diagnostics);
    check_tls_files(scenario, diagnostics);
  }
}

CheckedFile check_file(const std::string& path, const PlanOptions& options) {
  const auto read = scenario::read_scenario_file(path);
  if (!read) return {{}, read.error().message + "\n"};
  plan::MadePlan made = plan::make_plan(read->file, {options.profile, options.variables});
  scenario::Diagnostics diagnostics = read->diagnostics;
  diagnostics.insert(diagnostics.end(), made.diagnostics.begin(), made.diagnostics.end());
  if (diagnostics.empty()) check_on_disk(made.plan, diagnostics);
  CheckedFile checked{std::move(made.plan), {}};
  for (const auto& diagnostic : scenario::in_order(std::move(diagnostics)))
    checked.problems += diagnostic.position.file == read->file.path
                            ? scenario::render(diagnostic, read->file.source)
                            : scenario::render(diagnostic);  // a place in a file of data
  return checked;
}

std::string quoted_for_regex(const std::string& text) {
  std::string quoted;
  for (const char c : text) {
    if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) quoted += '\\';
    quoted += c;
  }
  return quoted;
}

std::string repeat_command(const plan::Scenario& scenario, const PlanOptions& options) {
  std::vector<std::string> words = {"tidemark", "run", scenario.file, "--only",
                                    "^" + quoted_for_regex(scenario.name) + "$"};
  if (!options.profile.empty()) words.insert(words.end(), {"--profile", options.profile});
  for (const auto& [name, value] : options.variables)
    words.insert(words.end(), {"--set", name + "=" + value});
  return shell_line(words);
}

Result<void> keep_only(const std::string& pattern, std::vector<plan::Scenario>& scenarios) {
  if (pattern.empty()) return {};
  std::vector<std::string> names;
  for (const plan::Scenario& scenario : scenarios) names.push_back(scenario.name);
  try {
    const std::regex regex(pattern);
    std::erase_if(scenarios, [&](const plan::Scenario& scenario) {
      const bool of_a_sweep = scenario.sweep && std::regex_search(scenario.sweep->of, regex);
      return !of_a_sweep && !std::regex_search(scenario.name, regex);
    });
  } catch (const std::regex_error& error) {
    return failure(
        fmt::format("--only: '{}' is no regular expression: {}\n", pattern, error.what()));
  }
  if (scenarios.empty())
    return failure(fmt::format("--only: no scenario's name matches '{}'; there are {}\n", pattern,
                               join(names, ", ")));
  return {};
}

// Two files may have scenarios of the same name; their folders lie side by side.
void make_folders_unique(std::vector<plan::Scenario>& scenarios) {
  std::set<std::string> taken;
  for (plan::Scenario& scenario : scenarios) {
    const std::string wanted = scenario.folder;
    for (int number = 2; !taken.insert(scenario.folder).second; ++number)
      scenario.folder = fmt::format("{}-{}", wanted, number);
  }
}

}  // namespace

Result<LoadedPlan> load_plan(const PlanOptions& options) {
  LoadedPlan loaded;
  std::string problems;
  std::vector<std::string> names;
  for (const std::string& path : options.files) {
    CheckedFile checked = check_file(path, options);
    problems += checked.problems;
    loaded.outputs.push_back(std::move(checked.plan.outputs));
    names.push_back(checked.plan.name);
    std::move(checked.plan.scenarios.begin(), checked.plan.scenarios.end(),
              std::back_inserter(loaded.scenarios));
  }
  if (!problems.empty()) return failure(problems);
  if (auto kept = keep_only(options.only, loaded.scenarios); !kept)
    return tl::unexpected(kept.error());
  make_folders_unique(loaded.scenarios);
  loaded.name = join(names, " + ");
  for (const plan::Scenario& scenario : loaded.scenarios)
    loaded.repeat_commands.push_back(repeat_command(scenario, options));
  return loaded;
}

Result<plan::Placeholders> read_secrets(const std::vector<plan::Scenario>& scenarios) {
  std::set<std::string> names;
  for (const plan::Scenario& scenario : scenarios) names.merge(plan::secret_names(scenario));
  plan::Placeholders secrets;
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    const char* value = std::getenv(name.c_str());
    if (!value) {
      missing.push_back(name);
      continue;
    }
    const std::size_t length = std::string_view(value).size();
    if (length > 0 && length < plan::kShortestSecret)
      return failure(
          fmt::format("{{{{env:{}}}}} is a secret of {} characters: so few cannot be kept out of "
                      "what is written; "
                      "take a longer one, or a variable if it is no secret\n",
                      name, length));
    secrets.set_secret(name, value);
  }
  if (missing.empty()) return secrets;
  return failure(fmt::format("not set in the environment, but named as {{{{env:…}}}}: {}\n",
                             join(missing, ", ")));
}

}  // namespace tidemark::cli
