#include "harness/run/program_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "harness/base/units.h"

namespace tidemark::run {
namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10;
constexpr int kMostPieces = 16;
// A reader that is rarely scheduled should not hold the program up.
constexpr int kPipeSize = 1 << 20;

Result<FileDescriptor> open_pipe(const std::filesystem::path& path) {
  if (::mkfifo(path.c_str(), 0600) != 0)
    return failure(fmt::format("cannot create {}: {}", path.string(), errno_text(errno)));
  FileDescriptor pipe(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!pipe.open())
    return failure(fmt::format("cannot open {}: {}", path.string(), errno_text(errno)));
  ::fcntl(pipe.get(), F_SETPIPE_SZ, kPipeSize);
  return pipe;
}

std::string_view from_line_start(std::string_view text) {
  const std::size_t newline = text.find('\n');
  return newline == std::string_view::npos ? std::string_view() : text.substr(newline + 1);
}

}  // namespace

void KeptText::add(std::string_view piece) {
  all_ += piece.size();
  for (std::string_view rest = piece; !rest.empty();) {
    const std::size_t size = std::min(rest.find('\n'), rest.size());
    line_ += size;
    if (line_ > 0) last_line_ = line_;
    if (size < rest.size()) line_ = 0;
    rest.remove_prefix(std::min(size + 1, rest.size()));
  }
  const std::size_t first = std::min(piece.size(), kBeginning - beginning_.size());
  beginning_ += piece.substr(0, first);
  end_ += piece.substr(first);
  if (end_.size() > 2 * kEnd) end_.erase(0, end_.size() - kEnd);
}

std::string KeptText::text() const {
  if (all_ == beginning_.size() + end_.size()) return beginning_ + end_;
  const std::string head = beginning_.substr(0, beginning_.rfind('\n') + 1);
  const std::string_view tail = from_line_start(end_);
  const auto left_out = static_cast<std::int64_t>(all_ - head.size() - tail.size());
  return fmt::format("{}… {} are left out …\n{}", head, format_bytes(Bytes{left_out}), tail);
}

std::string KeptText::end(std::size_t longest) const {
  const std::string all = text();
  if (all.size() <= longest) return all;
  const auto end = from_line_start(std::string_view(all).substr(all.size() - longest));
  if (end.find_first_not_of('\n') != std::string_view::npos) return std::string(end);
  return fmt::format("… a line of {}", format_bytes(Bytes{static_cast<std::int64_t>(last_line_)}));
}

Result<ProgramOutput> ProgramOutput::open(const std::filesystem::path& folder,
                                          load::ResponseCheck& check) {
  if (auto made = make_folders(folder); !made) return tl::unexpected(made.error());
  ProgramOutput output(folder, check);
  auto out = open_pipe(output.out_path());
  if (!out) return tl::unexpected(out.error());
  output.out_ = std::move(*out);
  auto err = open_pipe(output.err_path());
  if (!err) return tl::unexpected(err.error());
  output.err_ = std::move(*err);
  return output;
}

ProgramOutput::~ProgramOutput() {
  if (folder_.empty()) return;  // moved from
  std::error_code ignored;
  std::filesystem::remove(out_path(), ignored);
  std::filesystem::remove(err_path(), ignored);
}

bool ProgramOutput::drain(FileDescriptor& from, bool is_out) {
  if (!from.open()) return false;
  std::array<char, kPiece> buffer;
  const ssize_t size = ::read(from.get(), buffer.data(), buffer.size());
  if (size < 0) return errno == EINTR;
  if (size == 0) return false;  // nobody writes, yet or any more: poll tells
  const std::string_view piece(buffer.data(), static_cast<std::size_t>(size));
  if (is_out) check_->receive(piece);
  (is_out ? kept_out_ : kept_err_).add(piece);
  return true;
}

void ProgramOutput::drain() {
  for (auto* from : {&out_, &err_}) {
    int pieces = 0;
    while (pieces < kMostPieces && drain(*from, from == &out_)) ++pieces;
    pollfd waits{from->get(), POLLIN, 0};
    if (from->open() && pieces == 0 && ::poll(&waits, 1, 0) > 0 && (waits.revents & POLLHUP))
      from->reset();
  }
}

void ProgramOutput::drain_to_end() {
  for (auto* from : {&out_, &err_}) {
    while (drain(*from, from == &out_)) {
    }
    from->reset();
  }
}

}  // namespace tidemark::run
