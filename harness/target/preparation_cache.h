#pragma once

// What preparations left, kept between runs: a folder for each key. Several runs may use it at
// once; one that is killed leaves nothing that could be taken for a whole state. Any thread.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/units.h"
#include "harness/plan/plan.h"

namespace tidemark::target {

class PreparationCache {
 public:
  // In `folder`, which becomes private to this user. At most `most` of states are kept: the ones
  // used last.
  explicit PreparationCache(std::filesystem::path folder,
                            Bytes most = Bytes{std::int64_t{8} << 30});

  // $XDG_CACHE_HOME/tidemark/prepared, else ~/.cache/tidemark/prepared; nothing where there is no
  // home.
  static std::optional<PreparationCache> of_user();

  // A digest of what is done and of what it is done to: the names and contents of the inputs, of
  // symbolic links also where they lead. Of folders all files count, but those whose names begin
  // with a dot, and Python's __pycache__. Secrets may be in it: it is not to be written anywhere.
  static Result<std::string> digest(std::string_view commands,
                                    const std::vector<plan::Preparation::Input>& inputs);

  // The key of a digest, from which nobody can try out secrets who has not the random number that
  // lies beside the states. Those were made with the secrets, and are as private.
  Result<std::string> key(const std::string& digest) const;

  std::filesystem::path path_of(const std::string& key) const { return folder_ / key; }

  // Replaces `scratch` by a copy of the state; false when there is none.
  Result<bool> restore(const std::string& key, const std::filesystem::path& scratch) const;

  // Keeps a copy of `scratch`, and drops what has not been used for long.
  Result<void> keep(const std::string& key, const std::filesystem::path& scratch) const;

 private:
  std::filesystem::path folder_;
  Bytes most_;
};

}  // namespace tidemark::target
