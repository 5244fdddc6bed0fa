#include "harness/probes/agent_client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <limits>
#include <type_traits>

#include "harness/base/file.h"
#include "harness/base/json.h"
#include "harness/base/text.h"
#include "harness/record/diagnosis_json.h"

namespace tidemark::probes {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLargestAnswer = 1 << 20;
constexpr std::int64_t kMostInt = std::numeric_limits<int>::max();

std::filesystem::path socket_path(const std::filesystem::path& folder, int pid) {
  return folder / fmt::format("{}.sock", pid);
}

FileDescriptor stream_socket() {
  return FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// The number of the error, 0 for none.
int connect(const FileDescriptor& socket, const std::filesystem::path& path) {
  // By way of a descriptor: the path of a socket may have 107 bytes, a folder's has what it has.
  const FileDescriptor folder(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const std::string way =
      fmt::format("/proc/self/fd/{}/{}", folder.get(), path.filename().string());
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  way.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* name = reinterpret_cast<const sockaddr*>(&address);
  return ::connect(socket.get(), name, sizeof address) == 0 ? 0 : errno;
}

Result<FileDescriptor> connect_to(const std::filesystem::path& path, int pid) {
  FileDescriptor socket = stream_socket();
  if (const int error = connect(socket, path); error != 0)
    return failure(fmt::format("its agent cannot be reached: {}", errno_text(error)));
  ucred peer = {};
  socklen_t size = sizeof peer;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size);
  if (peer.pid != pid)
    return failure(fmt::format("process {} answers in the place of its agent", peer.pid));
  return socket;
}

// One question under way.
struct Conversation {
  Result<FileDescriptor> socket;
  std::string answer;
  bool over = false;  // the agent has closed the connection, or something went wrong
};

void receive(Conversation& conversation) {
  char buffer[16384];
  while (!conversation.over) {
    const ssize_t count = ::recv(conversation.socket->get(), buffer, sizeof buffer, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count > 0) conversation.answer.append(buffer, static_cast<std::size_t>(count));
    conversation.over = count <= 0 || conversation.answer.size() > kLargestAnswer;
  }
}

// Waits for all conversations to end, at most until the deadline or a stop.
void receive_all(std::vector<Conversation>& conversations, Clock::time_point deadline,
                 int stop_fd) {
  while (true) {
    std::vector<pollfd> waits;
    for (const Conversation& conversation : conversations)
      if (conversation.socket && !conversation.over)
        waits.push_back({conversation.socket->get(), POLLIN, 0});
    const Seconds left = deadline - Clock::now();
    if (waits.empty() || left.count() <= 0) return;
    waits.push_back({stop_fd, POLLIN, 0});
    ::poll(waits.data(), waits.size(), static_cast<int>(left.count() * 1000) + 1);
    if (waits.back().revents != 0) return;
    for (Conversation& conversation : conversations)
      if (conversation.socket && !conversation.over) receive(conversation);
  }
}

// Below zero where what the agent did itself is taken off a counter that did not count it.
std::int64_t count(const Json& json) {
  return whole_number(json, -kMostCount);
}

template <class T>
std::optional<T> optional_field(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::nullopt;
  if constexpr (std::is_same_v<T, std::int64_t>)
    return count(*found);
  else
    return found->get<T>();
}

// Older agents, and those in whose process something took their callback away, know no pauses.
record::GcGeneration generation_of(const Json& row) {
  record::GcGeneration generation{static_cast<int>(whole_number(row.at("generation"), 0, kMostInt)),
                                  count(row.at("collections")),
                                  count(row.at("collected")),
                                  count(row.at("uncollectable")),
                                  count(row.at("threshold")),
                                  count(row.at("count"))};
  const auto paused = optional_field<double>(row, "paused_seconds");
  const auto longest = optional_field<double>(row, "longest_pause_seconds");
  if (paused && longest) {
    generation.paused = Seconds(*paused);
    generation.longest_pause = Seconds(*longest);
  }
  return generation;
}

template <class T, class Parse>
Result<T> parse_answer(const std::string& line, Parse parse) {
  const auto answer = read_json(line, [&](const Json& json) -> Result<T> {
    if (json.contains("error"))
      return failure("its agent says: " + printable_line(json.at("error").get<std::string>()));
    return parse(json);
  });
  if (answer) return *answer;
  return failure("its agent's answer is not understood: " + printable_line(answer.error().message));
}

// What has nothing to say but that it was done.
Result<void> parse_consent(const std::string& line) {
  const auto parsed = parse_answer<bool>(line, [](const Json& json) { return json.is_object(); });
  if (!parsed) return tl::unexpected(parsed.error());
  return {};
}

template <class Parse>
auto parse_all(const std::vector<Result<std::string>>& answers, Parse parse) {
  std::vector<decltype(parse(std::string()))> parsed;
  for (const Result<std::string>& answer : answers) parsed.push_back(answer.and_then(parse));
  return parsed;
}

std::string request(const char* operation, Json fields = Json::object()) {
  fields["op"] = operation;
  return json_text(fields) + "\n";
}

}  // namespace

Result<AgentReading> parse_agent_reading(const std::string& line) {
  return parse_answer<AgentReading>(line, [](const Json& json) {
    AgentReading reading;
    reading.live_bytes = optional_field<std::int64_t>(json, "live_bytes");
    reading.held_bytes = optional_field<std::int64_t>(json, "held_bytes");
    reading.live_blocks = optional_field<std::int64_t>(json, "live_blocks");
    reading.gc_objects = optional_field<std::int64_t>(json, "gc_objects");
    reading.collector_on = json.at("collector_on").get<bool>();
    reading.frozen = optional_field<std::int64_t>(json, "frozen").value_or(0);
    reading.django_debug = optional_field<bool>(json, "django_debug");
    reading.unreachable = optional_field<std::int64_t>(json, "unreachable");
    reading.unsettled_bytes = optional_field<std::int64_t>(json, "unsettled_bytes");
    reading.settle = Seconds(json.value("settle_seconds", 0.0));
    for (const Json& row : json.at("gc")) reading.gc.push_back(generation_of(row));
    return reading;
  });
}

Result<AgentIdentity> parse_agent_identity(const std::string& line) {
  return parse_answer<AgentIdentity>(line, [](const Json& json) {
    return AgentIdentity{static_cast<int>(whole_number(json.at("pid"), 0, kMostInt)),
                         printable_line(json.at("runtime").get<std::string>(), 40),
                         printable_line(json.at("version").get<std::string>(), 40)};
  });
}

Result<record::ProcessDiagnosis> parse_agent_diagnosis(const std::string& line) {
  return parse_answer<record::ProcessDiagnosis>(
      line, [](const Json& json) { return record::process_diagnosis_from_json(json); });
}

Result<CaughtPeak> parse_caught_peak(const std::string& line) {
  return parse_answer<CaughtPeak>(line, [](const Json& json) {
    return CaughtPeak{Bytes{whole_number(json.at("traced_peak"))},
                      Bytes{whole_number(json.at("taken_at"))},
                      record::trace_sites_from_json(json)};
  });
}

bool AgentClient::has_agent(int pid) const {
  std::error_code error;
  return std::filesystem::is_socket(socket_path(folder_, pid), error);
}

bool AgentClient::refuses(int pid) const {
  return connect(stream_socket(), socket_path(folder_, pid)) == ECONNREFUSED;
}

Result<AgentIdentity> AgentClient::hello(int pid, Patience patience) const {
  return ask({pid}, request("hello"), patience).front().and_then(parse_agent_identity);
}

std::vector<Result<AgentReading>> AgentClient::settle(const std::vector<int>& pids,
                                                      Patience patience, bool tells_before) const {
  const Json fields = tells_before ? Json{{"before", true}} : Json::object();
  return parse_all(ask(pids, request("settle", fields), patience), parse_agent_reading);
}

std::vector<Result<void>> AgentClient::trace(const std::vector<int>& pids, int frames,
                                             Patience patience) const {
  const std::string line = request("trace", {{"frames", frames}});
  return parse_all(ask(pids, line, patience), parse_consent);
}

std::vector<Result<void>> AgentClient::mark(const std::vector<int>& pids, Patience patience) const {
  return parse_all(ask(pids, request("mark"), patience), parse_consent);
}

std::vector<Result<record::ProcessDiagnosis>> AgentClient::diagnose(const std::vector<int>& pids,
                                                                    std::int64_t iterations,
                                                                    Patience patience) const {
  const std::string line = request("diagnose", {{"iterations", iterations}});
  return parse_all(ask(pids, line, patience), parse_agent_diagnosis);
}

std::vector<Result<void>> AgentClient::watch(const std::vector<int>& pids, Bytes above,
                                             Patience patience) const {
  const std::string line = request("watch", {{"above", above.count}});
  return parse_all(ask(pids, line, patience), parse_consent);
}

std::vector<Result<CaughtPeak>> AgentClient::caught(const std::vector<int>& pids,
                                                    Patience patience) const {
  return parse_all(ask(pids, request("caught"), patience), parse_caught_peak);
}

std::vector<Result<void>> AgentClient::untrace(const std::vector<int>& pids,
                                               Patience patience) const {
  return parse_all(ask(pids, request("untrace"), patience), parse_consent);
}

std::vector<Result<std::string>> AgentClient::ask(const std::vector<int>& pids,
                                                  const std::string& request,
                                                  Patience patience) const {
  const auto deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(patience.longest);
  std::vector<Conversation> conversations;
  for (const int pid : pids) {
    Conversation conversation{connect_to(socket_path(folder_, pid), pid), {}, false};
    if (conversation.socket)
      ::send(conversation.socket->get(), request.data(), request.size(), MSG_NOSIGNAL);
    conversations.push_back(std::move(conversation));
  }
  receive_all(conversations, deadline, patience.stop_fd);
  std::vector<Result<std::string>> answers;
  for (Conversation& conversation : conversations) {
    if (!conversation.socket)
      answers.push_back(tl::unexpected(conversation.socket.error()));
    else if (!conversation.over)
      answers.push_back(failure(
          fmt::format("its agent did not answer within {}", format_duration(patience.longest))));
    else if (conversation.answer.empty())
      answers.push_back(failure("it ended, or closed its agent's connection, without an answer"));
    else
      answers.push_back(std::move(conversation.answer));
  }
  return answers;
}

}  // namespace tidemark::probes
