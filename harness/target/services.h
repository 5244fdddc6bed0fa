#pragma once

// The helpers of a target: brokers, databases. They are started before it and stopped after it.
// Each lives under a guardian of its own, so that none of them counts as a process of the target.
// Main thread.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"
#include "harness/plan/placeholders.h"
#include "harness/plan/plan.h"
#include "harness/target/guarded_process.h"

namespace tidemark::target {

// The output of a service is in service-NAME.log.
inline constexpr std::string_view kServiceLogPrefix = "service-";

struct ServicesStart {
  std::filesystem::path directory;  // the target's
  std::filesystem::path logs;       // service-NAME.log is appended to in here
  std::filesystem::path work;       // the run's private folder
  int stop_fd;                      // readable: give up
};

class Services {
 public:
  Services() = default;
  Services(Services&&) = default;
  Services& operator=(Services&&) = delete;
  ~Services();  // stops what still runs, in reverse order

  // Starts them in order, each when the one before it is ready. An Error names the service and
  // shows the last lines of its output; none is left running then. `placeholders` have all ports.
  static Result<Services> start(const std::vector<plan::Service>& services,
                                const ServicesStart& start, const plan::Placeholders& placeholders);

  // How one of them ended, in words, as soon as one has. Does not block.
  std::optional<std::string> death();

  // Readable when there is news; call death() then.
  std::vector<int> news_fds() const;

  // In reverse order: TERM, after `grace` KILL. An Error names what the kernel cannot end.
  Result<void> stop(Seconds grace);

  // The same with all the time that a database needs to write down what it has. An Error when one
  // had to be killed: its files may be torn.
  Result<void> finish();

 private:
  struct Running {
    std::string name;
    std::filesystem::path output;
    GuardedProcess process;
  };
  Result<void> start_one(const plan::Service& service, const ServicesStart& start,
                         const plan::Placeholders& placeholders);

  std::vector<Running> running_;
};

}  // namespace tidemark::target
