// A cheap fuzz test: seeded mutations of the good fixtures go through the reader and the planner.
// Nothing may crash, and every mistake must have a place in the file.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <random>

#include "harness/base/file.h"
#include "harness/plan/planner.h"
#include "harness/scenario/reader.h"

namespace tidemark::plan {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> good_files() {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(fs::path(TIDEMARK_FIXTURES) / "scenarios/good"))
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());  // so that the seed means the same everywhere
  std::vector<std::string> texts;
  for (const fs::path& path : paths) texts.push_back(read_file(path).value());
  return texts;
}

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  std::string mutated(std::string text, const std::vector<std::string>& others) {
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(text, others);
    return text;
  }

 private:
  void change(std::string& text, const std::vector<std::string>& others) {
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = std::min(below(20), text.size() - at);
    switch (below(7)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, text.substr(below(text.size()), length));
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(random_());
        break;
      case 3:
        text.insert(at, kPieces[below(std::size(kPieces))]);
        break;
      case 4:
        text.replace(at, length, kPieces[below(std::size(kPieces))]);
        break;
      case 5: {
        const std::string& other = others[below(others.size())];
        text.insert(at, other.substr(below(other.size()), 40));
        break;
      }
      case 6:
        text.resize(at);
        break;
    }
  }

  static constexpr std::string_view kPieces[] = {
      "{{",          "}}",      "{{users}}",  "{{port}}", "{{env:X}}", "{",       "}",
      "[",           "]",       ": ",         ":",        "\n",        "\n  ",    "- ",
      "? ",          "&a ",     "*a",         "\"",       "'",         "~",       "null",
      "#",           "\t",      "\r\n",       "|",        ">",         "<<",      "---",
      "..",          "!!int ",  "%",          "0",        "-1",        "1e99",    "1.5KiB",
      "99999999999", "true",    "",           "äöü",      "\xf0\x9f",  "\x1b[2J", "\xff",
      ",",           "version", "/iteration", "auto",     "ms",        "\n\n\n",  "\xef\xbb\xbf"};

  std::mt19937 random_;
};

void expect_place_inside(const scenario::Diagnostic& diagnostic, const std::string& text) {
  const SourcePosition& place = diagnostic.position;
  const auto lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
  EXPECT_TRUE(place.line >= 1 && place.line <= lines) << diagnostic.message << "\n" << text;
  std::size_t start = 0;
  for (int line = 1; line < place.line && start != std::string::npos; ++line)
    start = text.find('\n', start) + 1;
  const std::size_t length = std::min(text.find('\n', start), text.size()) - start;
  EXPECT_TRUE(place.column >= 1 && place.column <= static_cast<int>(length) + 1)
      << place.line << ":" << place.column << ": " << diagnostic.message << "\n"
      << text;
  EXPECT_FALSE(render(diagnostic, text).empty());
}

TEST(Mutations, NeverCrashAndEveryMistakeHasAPlaceInTheFile) {
  const std::vector<std::string> files = good_files();
  ASSERT_GT(files.size(), 10U);
  Mutator mutator(20240131);
  int sound = 0;
  for (int round = 0; round < 4000 && !HasFailure(); ++round) {
    const std::string text = mutator.mutated(files[mutator.below(files.size())], files);
    const scenario::ReadScenario read = scenario::read_scenario(text, "mutant.yaml");
    MadePlan made = make_plan(read.file, {});
    scenario::Diagnostics diagnostics = read.diagnostics;
    diagnostics.insert(diagnostics.end(), made.diagnostics.begin(), made.diagnostics.end());
    for (const scenario::Diagnostic& diagnostic : scenario::in_order(diagnostics))
      expect_place_inside(diagnostic, text);
    sound += diagnostics.empty();
  }
  EXPECT_GT(sound, 100) << "the mutations are so wild that they test nothing but the YAML parser";
}

}  // namespace
}  // namespace tidemark::plan
