#pragma once

// What a launch fills into the placeholders that a plan still has. Secrets live here and nowhere
// else. A value type; copy it to another thread rather than share it.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/plan/plan.h"

namespace tidemark::plan {

// A shorter secret would blacken half of every text and protect nothing.
inline constexpr std::size_t kShortestSecret = 4;

class Placeholders {
 public:
  void set_port(int port) { values_["port"] = std::to_string(port); }
  void set_port(const std::string& service, int port) {
    values_["port:" + service] = std::to_string(port);
  }
  void set_scratch(const std::string& path) { values_["scratch"] = path; }
  void set_secret(const std::string& variable, const std::string& value);

  Result<std::string> fill(const Template& text) const;

  // Fills in what the launch knows; placeholders of iterations stay.
  Result<Template> fill_known(const Template& text) const;
  Result<std::vector<std::string>> fill(const CommandLine& command) const;
  Result<std::vector<std::pair<std::string, std::string>>> fill(
      const NamedTemplates& environment) const;

  bool has_secrets() const { return !secrets_.empty(); }

  // The text with every secret's value replaced by "***".
  std::string redact(std::string text) const;

  // The same for a text that was cut somewhere: its end may be the beginning of a secret.
  std::string redact_cut(std::string text) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
  struct LongerFirst {
    bool operator()(const std::string& a, const std::string& b) const {
      return a.size() != b.size() ? a.size() > b.size() : a < b;
    }
  };
  std::set<std::string, LongerFirst> secrets_;  // their values; one may begin with another
};

// The environment variables that a scenario names as {{env:NAME}}.
std::set<std::string> secret_names(const Scenario& scenario);

}  // namespace tidemark::plan
