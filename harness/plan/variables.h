#pragma once

// Which value a variable has for one scenario. Pure; used on one thread.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"
#include "harness/plan/template.h"
#include "harness/scenario/scenario.h"

namespace tidemark::plan {

// True for what stays in a Template until launch: "port", "port:SERVICE", "scratch", "env:NAME".
bool known_at_launch(std::string_view placeholder);

class Variables {
 public:
  // A name that is set again overrides: call with the weakest source first.
  void set(const std::string& name, const std::string& value) { values_[name] = value; }
  void set_all(const scenario::NamedValues& values);

  // From now on {{port:NAME}} is defined.
  void add_service(const std::string& name) { services_.insert(name); }

  // A name that only an iteration knows: it stays a placeholder.
  void add_late(const std::string& name) { late_.insert(name); }
  // Why a name is not defined here, where it is defined elsewhere.
  void explain(const std::string& name, const std::string& why) { reasons_[name] = why; }

  bool defined(std::string_view name) const { return values_.find(name) != values_.end(); }
  std::vector<std::string_view> names() const;

  // Fills in every variable, also inside other variables' values; launch placeholders stay.
  // Errors: unbalanced braces, an undefined name (with the nearest known one), a circular
  // definition.
  Result<Template> fill(std::string_view text) const;

 private:
  struct Filling;
  Result<void> append(std::string_view text, Filling& filling) const;
  tl::unexpected<Error> undefined(const std::string& name) const;

  std::map<std::string, std::string, std::less<>> values_;
  std::set<std::string, std::less<>> services_;
  std::set<std::string, std::less<>> late_;
  std::map<std::string, std::string, std::less<>> reasons_;
};

}  // namespace tidemark::plan
