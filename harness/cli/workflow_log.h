#pragma once

// The log of GitHub Actions. Its runner takes each line that begins with "::", blanks before it
// included, as a command to itself, whoever wrote it.

#include <string>

namespace tidemark::cli {

// Whether GITHUB_ACTIONS says so.
bool runs_in_github();

// In GitHub, takes the runner's ear away from standard output for as long as it lives: what the
// target says cannot set the step's outputs or hide its log. Elsewhere it does nothing. Create it
// before anything is printed, in the main thread.
class WorkflowLog {
 public:
  WorkflowLog();
  WorkflowLog(const WorkflowLog&) = delete;
  WorkflowLog& operator=(const WorkflowLog&) = delete;
  ~WorkflowLog() { resume(); }

  // From here on the runner listens again; at the latest at the end.
  void resume();

 private:
  std::string token_;  // nobody can guess it; empty: the runner listens
};

}  // namespace tidemark::cli
