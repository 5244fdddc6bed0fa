#include "harness/cli/outputs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <vector>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/cli/repository.h"
#include "harness/cli/workflow_log.h"
#include "reporters/reporters.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

template <std::string (*render)(const analysis::RunReport&)>
std::string without_root(const analysis::RunReport& report, const reporters::SourceRoot&) {
  return render(report);
}

constexpr OutputFile kFiles[] = {
    {"json", "--json", "result.json", without_root<reporters::render_json>},
    {"junit", "--junit", "junit.xml", without_root<reporters::render_junit>},
    {"markdown", "--markdown", "summary.md", without_root<reporters::render_markdown>},
    {"html", "--html", "report.html", without_root<reporters::render_html>},
    {"sarif", "--sarif", "findings.sarif", reporters::render_sarif},
    {"code_quality", "--code-quality", "code-quality.json", reporters::render_code_quality},
    {"open_metrics", "--open-metrics", "metrics.txt", without_root<reporters::render_open_metrics>},
};

std::vector<fs::path> places(const OutputFile& file, const OutputOptions& options) {
  std::vector<fs::path> paths;
  if (!options.folder.empty()) paths.push_back(fs::path(options.folder) / file.name);
  const auto more = options.more.files.find(file.format);
  if (more != options.more.files.end()) paths.emplace_back(more->second);
  return paths;
}

Result<void> check_writable(const fs::path& path) {
  if (path.empty()) return failure("cannot write an output: its path is empty");
  const fs::path parent = path.has_parent_path() ? path.parent_path() : ".";
  if (auto made = make_folders(parent); !made) return made;
  std::error_code unknown;  // what cannot be looked at cannot be written either
  if (fs::is_directory(path, unknown))
    return failure(fmt::format("cannot write {}: it is a folder", path.string()));
  // A device is written to, a file is replaced by another one.
  const bool is_other = fs::exists(path, unknown) && !fs::is_regular_file(path, unknown);
  if (::access((is_other ? path : parent).c_str(), W_OK) != 0)
    return failure(fmt::format("cannot write {}: {}", path.string(), errno_text(errno)));
  return {};
}

// Devices and pipes take whatever comes.
Result<void> check_distinct(const OutputOptions& options) {
  std::map<fs::path, const OutputFile*> taken;
  std::error_code unknown;
  for (const OutputFile& file : kFiles)
    for (const fs::path& path : places(file, options)) {
      if (fs::exists(path, unknown) && !fs::is_regular_file(path, unknown)) continue;
      const auto [at, is_new] = taken.try_emplace(fs::weakly_canonical(path, unknown), &file);
      if (!is_new && at->second != &file)
        return failure(fmt::format("cannot write both {} and {} to {}: give {} another file",
                                   at->second->name, file.name, path.string(), file.flag));
    }
  return {};
}

}  // namespace

std::span<const OutputFile> output_files() {
  return kFiles;
}

Result<void> add_outputs(const std::vector<plan::Outputs>& of_profile, OutputOptions& options) {
  plan::Outputs together;
  for (const plan::Outputs& outputs : of_profile) {
    for (const auto& [format, path] : outputs.files) {
      if (options.more.files.contains(format)) continue;
      const auto [at, is_new] = together.files.try_emplace(format, path);
      if (!is_new && at->second != path)
        return failure(fmt::format(
            "the files' profiles want '{}' of the outputs in {} and in {}: a run writes "
            "it once; say where with a flag",
            format, printable_line(at->second), printable_line(path)));
    }
    if (outputs.annotations) together.annotations = outputs.annotations;
  }
  options.more.files.merge(together.files);
  if (!options.more.annotations) options.more.annotations = together.annotations;
  return {};
}

Result<void> prepare_outputs(const OutputOptions& options) {
  if (!options.folder.empty())
    if (auto made = make_folders(options.folder); !made) return made;
  for (const OutputFile& file : kFiles)
    for (const fs::path& path : places(file, options))
      if (auto writable = check_writable(path); !writable) return writable;
  return check_distinct(options);
}

Result<void> write_outputs(const analysis::RunReport& report, const OutputOptions& options) {
  const reporters::SourceRoot root = find_source_root();
  std::string problems;
  for (const OutputFile& file : kFiles) {
    const std::string text = file.render(report, root);
    for (const fs::path& path : places(file, options))
      if (auto written = write_file(path, text); !written)
        problems += written.error().message + "\n";
  }
  if (!problems.empty()) return failure(problems);
  return {};
}

std::string annotations(const analysis::RunReport& report, const OutputOptions& options) {
  using plan::AnnotationMode;
  const AnnotationMode mode = options.more.annotations.value_or(AnnotationMode::kAuto);
  const bool wanted =
      mode == AnnotationMode::kGithub || (mode == AnnotationMode::kAuto && runs_in_github());
  return wanted ? reporters::render_annotations(report, find_source_root()) : std::string();
}

std::string html_file(const OutputOptions& options) {
  const auto more = options.more.files.find("html");
  if (!options.folder.empty()) return (fs::path(options.folder) / "report.html").string();
  return more != options.more.files.end() ? more->second : "";
}

}  // namespace tidemark::cli
