#pragma once

// One finding of each kind, with everything that one can have.

#include <string>

#include "harness/analysis/report.h"

namespace tidemark::reporters {

inline analysis::Finding example_leak() {
  analysis::Finding leak;
  leak.fingerprint = "3f2a9c01b7de";
  leak.file = "shop/views/leaks.py";
  leak.line = 53;
  leak.function = "keep_in_list";
  leak.application = true;
  leak.source = "kept.append(payload(size_parameter(request, default=1000)))";
  leak.type = "bytes";
  leak.bytes_per_iteration = 900;
  leak.objects_per_iteration = 1;
  leak.once_per_iteration = true;
  leak.frames = {{"shop/payload.py:9 in payload: return b'x' * size", true},
                 {"shop/views/leaks.py:53 in keep_in_list: kept.append(payload(size))", true},
                 {"django/core/handlers/base.py:197 in _get_response", false}};
  leak.retained_by = {"shop.views.leaks.kept (list)", "bytes"};
  leak.sites = {{{"shop/payload.py", 9, "payload", "return b'x' * size", true}, "bytes", 892, 1},
                {{"shop/views/leaks.py", 53, "keep_in_list", "", true}, "", 8, 0.02}};
  return leak;
}

inline analysis::Finding example_filling() {
  analysis::Finding filling = example_leak();
  filling.fingerprint = "00112233aabb";
  filling.file = "/srv/releases/2026-01-31/shop/application/recommendations/cache.py";
  filling.line = 21;
  filling.function = "Cache.put";
  filling.source = "self._entries[key] = value";
  filling.type = "shop.cache.Entry";
  filling.bytes_per_iteration = 60;
  filling.objects_per_iteration = 0.25;
  filling.once_per_iteration = false;
  filling.retained_by = {"shop.cache.CACHE (shop.cache.Cache)", "dict", "shop.cache.Entry"};
  filling.filling = analysis::Filling{37, 200};
  return filling;
}

inline analysis::Finding example_known() {
  analysis::Finding known = example_leak();
  known.fingerprint = "ffffeeee0000";
  known.line = 88;
  known.function = "record_sale";
  known.source = "";
  known.bytes_per_iteration = 36;
  known.retained_by = {};
  known.known = analysis::KnownFinding{"the next release mends it", "2026-12-31", false};
  return known;
}

inline analysis::Finding example_peak() {
  analysis::Finding peak;
  peak.kind = analysis::Finding::Kind::kPeak;
  peak.fingerprint = "5555aaaa5555";
  peak.file = "shop/views/exports.py";
  peak.line = 21;
  peak.function = "users_all";
  peak.application = true;
  peak.source = "users = list(User.objects.all())";
  peak.type = "shop.models.User";
  peak.bytes = 24.1 * 1024 * 1024;
  peak.objects = 20'001;
  peak.frames = {{"shop/views/exports.py:21 in users_all: users = list(User.objects.all())", true}};
  peak.retained_by = {"users_all() (list)", "shop.models.User"};
  peak.sites = {{{"django/db/models/base.py", 551, "Model.from_db", "new = cls(*values)", false},
                 "shop.models.User",
                 24.1 * 1024 * 1024,
                 20'001}};
  return peak;
}

inline analysis::GrowthDiagnosis example_diagnosis() {
  analysis::GrowthDiagnosis diagnosis;
  diagnosis.iterations = 60;
  diagnosis.measured = 1016;
  diagnosis.explained = 996;
  diagnosis.outside = 20;
  diagnosis.types = {{"shop.models.Order", 1, 60, {"shop.registry.ORDERS (dict)", "list"}},
                     {"shop.cache.Entry", 0.25, 15, {}}};
  return diagnosis;
}

inline void make_hostile(analysis::Finding& finding, const std::string& text) {
  for (std::string* each :
       {&finding.fingerprint, &finding.file, &finding.function, &finding.source, &finding.type})
    *each += text;
  finding.frames.push_back({text, false});
  finding.first_of_context = finding.line;
  finding.context = {text};
  finding.retained_by.push_back(text);
  for (analysis::FindingSite& site : finding.sites)
    for (std::string* each :
         {&site.frame.file, &site.frame.function, &site.frame.source, &site.type})
      *each += text;
  if (finding.known) {
    finding.known->reason += text;
    finding.known->until += text;
  }
}

// Every text of what was found.
inline void make_hostile(analysis::ScenarioReport& scenario, const std::string& text) {
  for (analysis::Finding& finding : scenario.findings) make_hostile(finding, text);
  for (analysis::TypeReport& type : scenario.growth_diagnosis->types) {
    type.type += text;
    type.retained_by.push_back(text);
  }
  scenario.peak_findings->gap += text;
}

}  // namespace tidemark::reporters
