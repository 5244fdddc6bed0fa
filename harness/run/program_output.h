#pragma once

// What a program writes while it runs, through two named pipes: its standard output is checked as
// it streams by, and of both streams the beginning and the end are kept, whatever their size. One
// thread.

#include <filesystem>
#include <string>
#include <string_view>

#include "harness/base/error.h"
#include "harness/base/file.h"
#include "harness/load/response_check.h"

namespace tidemark::run {

// The first and the last bytes of a text, cut between lines.
class KeptText {
 public:
  void add(std::string_view piece);
  bool empty() const { return all_ == 0; }
  std::string text() const;  // with a line that says how much is left out
  // At most so many bytes of its end, from a line's start; how long its last line is, where that
  // alone is longer: a piece of it might be half of a secret.
  std::string end(std::size_t longest) const;

 private:
  static constexpr std::size_t kBeginning = std::size_t{16} << 10;
  static constexpr std::size_t kEnd = std::size_t{48} << 10;

  std::string beginning_;
  std::string end_;  // up to twice as much as is kept of it
  std::uint64_t all_ = 0;
  std::uint64_t line_ = 0;       // so far, of the one that has no end yet
  std::uint64_t last_line_ = 0;  // of the last one that is not empty
};

class ProgramOutput {
 public:
  // The pipes lie in `folder` until the object goes. `check` must outlive it and has begun.
  static Result<ProgramOutput> open(const std::filesystem::path& folder,
                                    load::ResponseCheck& check);

  ProgramOutput(ProgramOutput&&) = default;
  ProgramOutput& operator=(ProgramOutput&&) = delete;
  ~ProgramOutput();

  std::filesystem::path out_path() const { return folder_ / "stdout"; }
  std::filesystem::path err_path() const { return folder_ / "stderr"; }
  // To poll; -1 once everybody has closed it.
  int out_fd() const { return out_.get(); }
  int err_fd() const { return err_.get(); }

  // Takes what is there, and some at most, so that whoever polls gets on with other things.
  void drain();
  // Takes all that was written. Nobody may write any more.
  void drain_to_end();

  const KeptText& out() const { return kept_out_; }
  const KeptText& err() const { return kept_err_; }

 private:
  ProgramOutput(std::filesystem::path folder, load::ResponseCheck& check)
      : folder_(std::move(folder)), check_(&check) {}
  bool drain(FileDescriptor& from, bool is_out);

  std::filesystem::path folder_;
  load::ResponseCheck* check_;
  FileDescriptor out_;
  FileDescriptor err_;
  KeptText kept_out_;
  KeptText kept_err_;
};

}  // namespace tidemark::run
