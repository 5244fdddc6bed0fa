#include "harness/cli/outputs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "harness/base/file.h"
#include "reporters/reporters.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

struct Format {
  const char* file;
  std::optional<std::string> OutputOptions::*also;
  std::string (*render)(const analysis::RunReport&);
};

constexpr Format kFormats[] = {
    {"result.json", &OutputOptions::json, reporters::render_json},
    {"junit.xml", &OutputOptions::junit, reporters::render_junit},
    {"summary.md", &OutputOptions::markdown, reporters::render_markdown},
    {"report.html", &OutputOptions::html, reporters::render_html},
};

std::vector<fs::path> places(const Format& format, const OutputOptions& options) {
  std::vector<fs::path> paths = {fs::path(options.folder) / format.file};
  if (const auto& also = options.*format.also) paths.emplace_back(*also);
  return paths;
}

}  // namespace

Result<void> prepare_outputs(const OutputOptions& options) {
  if (auto made = make_folders(options.folder); !made) return made;
  for (const Format& format : kFormats) {
    for (const fs::path& path : places(format, options)) {
      const fs::path parent = path.has_parent_path() ? path.parent_path() : ".";
      if (auto made = make_folders(parent); !made) return made;
      std::error_code unknown;  // what cannot be looked at cannot be written either
      if (fs::is_directory(path, unknown))
        return failure(fmt::format("cannot write {}: it is a folder", path.string()));
      // A device is written to, a file is replaced by another one.
      const bool is_other = fs::exists(path, unknown) && !fs::is_regular_file(path, unknown);
      if (::access((is_other ? path : parent).c_str(), W_OK) != 0)
        return failure(fmt::format("cannot write {}: {}", path.string(), errno_text(errno)));
    }
  }
  return {};
}

Result<void> write_outputs(const analysis::RunReport& report, const OutputOptions& options) {
  std::string problems;
  for (const Format& format : kFormats) {
    const std::string text = format.render(report);
    for (const fs::path& path : places(format, options))
      if (auto written = write_file(path, text); !written)
        problems += written.error().message + "\n";
  }
  if (!problems.empty()) return failure(problems);
  return {};
}

bool wants_color(const OutputOptions& options) {
  const char* no_color = std::getenv("NO_COLOR");
  return !options.no_color && !(no_color && *no_color) && ::isatty(STDOUT_FILENO) != 0;
}

}  // namespace tidemark::cli
