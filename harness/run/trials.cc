#include "harness/run/trials.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/base/text.h"
#include "harness/probes/proc_reader.h"

namespace tidemark::run {
namespace {

namespace fs = std::filesystem;
using analysis::Level;
using analysis::MachineCheck;

constexpr Bytes kLittleSpace = 100_MiB;
constexpr Bytes kLargePeakError = 8_MiB;

// Needs some memory, frees it and sets the mark back: it must come down.
Result<void> set_back_peak(int pid) {
  constexpr std::size_t kSize = std::size_t{16} << 20;
  const probes::ProcReader proc;
  void* memory = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return failure("there is no memory for a trial");
  std::memset(memory, 1, kSize);
  ::munmap(memory, kSize);
  const auto before = proc.peak(pid);
  if (!before) return tl::unexpected(before.error());
  if (auto reset = proc.reset_peak(pid); !reset) return reset;
  const auto after = proc.peak(pid);
  if (!after) return tl::unexpected(after.error());
  if (*before - *after < Bytes{kSize / 2}) return failure("the kernel does not set its mark back");
  return {};
}

// Scenarios reach their target by way of 127.0.0.1.
Result<void> connect_to_self() {
  const auto failed = [](const char* what) {
    return failure(fmt::format("{}: {}", what, errno_text(errno)));
  };
  constexpr int kKind = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  const FileDescriptor server(::socket(AF_INET, kKind, 0));
  const FileDescriptor client(::socket(AF_INET, kKind, 0));
  if (!server.open() || !client.open()) return failed("no socket can be had");
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(server.get(), plain, size) != 0 || ::listen(server.get(), 1) != 0 ||
      ::getsockname(server.get(), plain, &size) != 0)
    return failed("nothing can listen on 127.0.0.1");
  if (::connect(client.get(), plain, size) != 0 && errno != EINPROGRESS)
    return failed("nobody can connect to 127.0.0.1");
  if (!wait_readable(server.get(), Seconds(0.5)))
    return failure("a connection to 127.0.0.1 does not arrive");
  return {};
}

}  // namespace

MachineCheck check_peaks(const Machine& machine) {
  if (const auto done = set_back_peak(machine.pid); !done)
    return {"peaks", Level::kMissing, "peak_memory cannot be measured: " + done.error().message,
            "leave peak_memory out of the budgets here; a virtual machine with a kernel of its own "
            "has what it takes"};
  const Bytes error =
      peak_error(machine.processors, static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)));
  MachineCheck check{"peaks",
                     Level::kOk,
                     fmt::format("the kernel's high-water mark can be set back; exact to some {}",
                                 format_bytes(error)),
                     {}};
  if (error <= kLargePeakError) return check;
  check.level = Level::kLimited;
  check.detail +=
      fmt::format(": each of {} processors may hold back part of it", machine.processors);
  check.remedy = "let the target run on fewer, as in command: [taskset, -c, '0-3', …]";
  return check;
}

MachineCheck check_loopback() {
  const auto connected = connect_to_self();
  if (connected) return {"loopback", Level::kOk, "127.0.0.1 can be listened on and reached", {}};
  return {"loopback", Level::kMissing, connected.error().message + ": no request gets to a target",
          "as root: ip link set lo up; or allow the sandbox its own loopback"};
}

MachineCheck check_scratch(const Result<TemporaryFolder>& folder) {
  constexpr char kElsewhere[] =
      "set TMPDIR to a folder that can be written to, with some free space";
  if (!folder) return {"scratch folder", Level::kMissing, folder.error().message, kElsewhere};
  std::error_code unknown;
  const fs::path parent = folder->path().parent_path();
  const auto space = fs::space(parent, unknown);
  if (unknown)
    return {
        "scratch folder", Level::kOk, printable_line(parent.string()) + " can be written to", {}};
  const Bytes available{static_cast<std::int64_t>(space.available)};
  MachineCheck check{"scratch folder",
                     Level::kOk,
                     fmt::format("{} can be written to, {} are free",
                                 printable_line(parent.string()), format_bytes(available)),
                     {}};
  if (available >= kLittleSpace) return check;
  check.level = Level::kLimited;
  check.detail += ": a target with a database may need more";
  check.remedy = kElsewhere;
  return check;
}

}  // namespace tidemark::run
