#include "harness/target/preparation_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "harness/base/file.h"
#include "harness/extract/sha256.h"
#include "harness/target/scratch.h"

namespace tidemark::target {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSecretSize = 32;
constexpr std::chrono::hours kUnused{30 * 24};
constexpr std::chrono::hours kAbandoned{24};  // no copy takes so long

bool is_left_out(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name == "__pycache__";
}

// Names and contents with their lengths, so that no two sets of files read alike.
Result<void> add_file(const fs::path& file, const std::string& name, extract::Sha256& digest) {
  std::error_code error;
  const auto size = fs::file_size(file, error);  // an error for anything that could block
  std::ifstream stream;
  if (!error) stream.open(file, std::ios::binary);
  if (error || !stream) return failure(fmt::format("cannot read the input {}", file.string()));
  digest.receive(fmt::format("{} {} {}\n", name.size(), name, size));
  char buffer[1 << 16];
  while (stream.read(buffer, sizeof buffer) || stream.gcount() > 0)
    digest.receive({buffer, static_cast<std::size_t>(stream.gcount())});
  if (stream.bad()) return failure(fmt::format("cannot read the input {}", file.string()));
  return {};
}

Result<void> add_input(const fs::path& input, extract::Sha256& digest) {
  std::error_code error;
  if (!fs::is_directory(input, error)) return add_file(input, input.filename().string(), digest);
  std::vector<fs::path> files;
  fs::recursive_directory_iterator entry(input, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code dangling;
    if (is_left_out(entry->path()))
      entry.disable_recursion_pending();
    else if (entry->is_regular_file(dangling) || entry->is_symlink(dangling))
      files.push_back(entry->path());
  }
  if (error)
    return failure(fmt::format("cannot read the input {}: {}", input.string(), error.message()));
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const std::string name = file.lexically_relative(input).string();
    std::error_code dangling;
    if (fs::is_symlink(file, dangling)) {
      const std::string end = fs::read_symlink(file, error).string();
      digest.receive(fmt::format("{} {} link {}\n{}", name.size(), name, end.size(), end));
      if (!fs::is_regular_file(file, dangling)) continue;  // a folder, or nothing
    }
    if (auto added = add_file(file, name, digest); !added) return added;
  }
  return {};
}

// Several runs may read at once; who removes wants to be alone. Nobody waits: without the lock
// there is no state to be had, and none is removed.
FileDescriptor try_lock(const fs::path& folder, int how) {
  FileDescriptor lock(::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.open() && ::flock(lock.get(), how | LOCK_NB) != 0) lock.reset();
  return lock;
}

Result<void> make_private(const fs::path& folder) {
  if (auto made = make_folders(folder); !made) return made;
  struct stat status = {};
  if (::lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
      status.st_uid != ::geteuid())
    return failure(fmt::format("{} is not a folder of this user", folder.string()));
  if (::chmod(folder.c_str(), 0700) != 0)
    return failure(fmt::format("{} cannot be made private", folder.string()));
  return {};
}

// A random number, drawn once. Several runs may draw at a time: the first one's stays.
Result<std::string> secret_of(const fs::path& folder) {
  const fs::path path = folder / "secret";
  const auto known = [&] {
    const auto text = read_file(path, kSecretSize);
    return text && text->size() == kSecretSize ? *text : std::string();
  };
  std::string secret = known();
  if (!secret.empty()) return secret;
  std::string draft = (folder / ".secret-XXXXXX").string();
  const FileDescriptor file(::mkostemp(draft.data(), O_CLOEXEC));  // for this user alone
  secret.resize(kSecretSize);
  const bool is_drawn =
      ::getrandom(secret.data(), kSecretSize, 0) == static_cast<ssize_t>(kSecretSize) &&
      file.open() && write_all(file.get(), secret);
  if (is_drawn) ::link(draft.c_str(), path.c_str());
  if (file.open()) ::unlink(draft.c_str());
  secret = known();
  if (secret.empty()) return failure(fmt::format("cannot write into {}", folder.string()));
  return secret;
}

Bytes size_of(const fs::path& folder) {
  Bytes size{0};
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error))
    if (std::error_code gone; entry->is_regular_file(gone) && !entry->is_symlink(gone))
      size.count += static_cast<std::int64_t>(entry->file_size(gone));
  return size;
}

void drop_old(const fs::path& folder, Bytes most) {
  const FileDescriptor lock = try_lock(folder, LOCK_EX);
  if (!lock.open()) return;
  struct State {
    fs::path path;
    std::chrono::nanoseconds unused;
  };
  std::vector<State> states;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (std::error_code none; !entry.is_directory(none)) continue;
    const auto unused = fs::file_time_type::clock::now() - entry.last_write_time(error);
    if (unused > (is_left_out(entry.path()) ? kAbandoned : kUnused))
      fs::remove_all(entry.path(), error);
    else if (!is_left_out(entry.path()))
      states.push_back({entry.path(), unused});
  }
  std::sort(states.begin(), states.end(),
            [](const State& a, const State& b) { return a.unused < b.unused; });
  Bytes total{0};
  for (const State& state : states) {
    total.count += size_of(state.path).count;
    if (total > most) fs::remove_all(state.path, error);
  }
}

}  // namespace

PreparationCache::PreparationCache(fs::path folder, Bytes most)
    : folder_(std::move(folder)), most_(most) {}

std::optional<PreparationCache> PreparationCache::of_user() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  if (cache && fs::path(cache).is_absolute())
    return PreparationCache(fs::path(cache) / "tidemark/prepared");
  if (home && fs::path(home).is_absolute())
    return PreparationCache(fs::path(home) / ".cache/tidemark/prepared");
  return std::nullopt;
}

Result<std::string> PreparationCache::digest(std::string_view commands,
                                             const std::vector<plan::Preparation::Input>& inputs) {
  extract::Sha256 digest;
  digest.reset();
  digest.receive(fmt::format("prepared-2 {}\n", commands.size()));
  digest.receive(commands);
  for (const plan::Preparation::Input& input : inputs) {
    digest.receive("\ninput\n");
    if (auto added = add_input(input.path, digest); !added) return tl::unexpected(added.error());
  }
  return digest.finish();
}

Result<std::string> PreparationCache::key(const std::string& digest) const {
  if (auto ours = make_private(folder_); !ours) return tl::unexpected(ours.error());
  const auto secret = secret_of(folder_);
  if (!secret) return tl::unexpected(secret.error());
  return extract::hmac_sha256(*secret, digest);
}

Result<bool> PreparationCache::restore(const std::string& key, const fs::path& scratch) const {
  const fs::path state = path_of(key);
  if (std::error_code none; !fs::is_directory(state, none)) return false;
  if (auto ours = make_private(folder_); !ours) return tl::unexpected(ours.error());
  const FileDescriptor lock = try_lock(folder_, LOCK_SH);
  std::error_code error;
  if (!lock.open() || !fs::is_directory(state, error)) return false;
  fs::remove_all(scratch, error);
  if (auto copied = copy_folder(state, scratch); !copied) return tl::unexpected(copied.error());
  fs::last_write_time(state, fs::file_time_type::clock::now(), error);
  return true;
}

Result<void> PreparationCache::keep(const std::string& key, const fs::path& scratch) const {
  if (auto ours = make_private(folder_); !ours) return ours;
  std::string pattern = (folder_ / ".new-XXXXXX").string();
  if (!::mkdtemp(pattern.data()))
    return failure(fmt::format("cannot write into {}", folder_.string()));
  const fs::path whole = fs::path(pattern) / "state";
  Result<void> kept = copy_folder(scratch, whole);
  std::error_code error;
  // Another run may have been faster: its state is as good.
  if (kept) {
    fs::last_write_time(whole, fs::file_time_type::clock::now(), error);
    fs::rename(whole, path_of(key), error);
    if (error && error != std::errc::file_exists && error != std::errc::directory_not_empty)
      kept = failure(fmt::format("cannot write into {}: {}", folder_.string(), error.message()));
  }
  fs::remove_all(pattern, error);
  drop_old(folder_, most_);
  return kept;
}

}  // namespace tidemark::target
