#include "harness/probes/cgroup_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "harness/base/parse.h"

namespace tidemark::probes {
namespace {

std::optional<Bytes> number_in(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  const auto number = parse_integer(text, 0);
  return number ? std::optional(Bytes{*number}) : std::nullopt;
}

// "name 123" at a line's start.
Bytes row(std::string_view stat, std::string_view name) {
  while (!stat.empty()) {
    const std::string_view line = stat.substr(0, stat.find('\n'));
    if (line.starts_with(name) && line.substr(name.size()).starts_with(' '))
      return number_in(line.substr(name.size() + 1)).value_or(Bytes{0});
    stat.remove_prefix(std::min(line.size() + 1, stat.size()));
  }
  return Bytes{0};
}

}  // namespace

Result<CgroupMemory> CgroupMemory::open(const std::filesystem::path& folder) {
  const std::filesystem::path v2 = folder / "memory.peak";
  std::error_code none;
  const bool is_v2 = std::filesystem::exists(v2, none);
  const std::filesystem::path counter = is_v2 ? v2 : folder / "memory.max_usage_in_bytes";
  // v2 sets back what this very descriptor reads, where it may be written at all.
  FileDescriptor file(::open(counter.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.open()) file.reset(::open(counter.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open())
    return failure(fmt::format("cannot open {}: {}", counter.string(), errno_text(errno)));
  CgroupMemory memory(folder, std::move(file), is_v2);
  if (!memory.highest() || !memory.shares())
    return failure(fmt::format("cannot read {}", counter.string()));
  memory.look();
  return memory;
}

std::optional<Bytes> CgroupMemory::highest() const {
  std::array<char, 32> text;
  const ssize_t size = ::pread(counter_.get(), text.data(), text.size(), 0);
  if (size <= 0) return std::nullopt;
  return number_in({text.data(), static_cast<std::size_t>(size)});
}

std::optional<CgroupMemory::Shares> CgroupMemory::shares() const {
  const auto stat = read_file(folder_ / "memory.stat");
  if (!stat) return std::nullopt;
  // Shared memory counts as file cache there.
  Shares shares{row(*stat, is_v2_ ? "anon" : "rss"), row(*stat, is_v2_ ? "file" : "cache"),
                row(*stat, "shmem")};
  if (!is_v2_) {  // the kernel's has a file of its own there
    if (const auto kernel = read_file(folder_ / "memory.kmem.usage_in_bytes"))
      shares.others += number_in(*kernel).value_or(Bytes{0});
  } else {
    const Bytes kernel = row(*stat, "kernel");  // from Linux 5.18 on
    shares.others += kernel > 0_B ? kernel : row(*stat, "slab");
  }
  return shares;
}

Bytes CgroupMemory::begin() {
  look();
  const auto now = shares();
  peak_ = now ? now->processes : 0_B;
  is_lower_bound_ = false;
  has_shared_ = false;
  return peak_;
}

void CgroupMemory::look() {
  constexpr Bytes kStill = 1_MiB;  // page tables come and go
  const auto counted = highest();
  can_be_set_back_ = ::pwrite(counter_.get(), "0", 1, 0) == 1;
  const auto now = shares();
  if (!counted || !now) {
    is_lower_bound_ = true;
    return;
  }
  peak_ = std::max(peak_, now->processes);
  has_shared_ = has_shared_ || now->shared > kStill;
  // Not set back, it tells something new only when it has risen.
  const bool is_news = can_be_set_back_ || *counted > counted_;
  if (is_news && now->others + kStill >= others_)
    peak_ = std::max(peak_, *counted - std::max(now->others, others_));
  else if (*counted - std::min(now->others, others_) > peak_)
    is_lower_bound_ = true;
  counted_ = *counted;
  others_ = now->others;
}

}  // namespace tidemark::probes
