#pragma once

// The phase that measures what single iterations need on top, and single requests of a flow: one at
// a time, settled before each. Main thread.

#include "harness/plan/plan.h"
#include "harness/run/recorder.h"
#include "harness/run/session.h"

namespace tidemark::run {

// Goes through all flows evenly, whatever their weights: warms up, then takes five samples of each,
// and five more where one alone was above its limit; of whole iterations, and of their requests
// where there are several or a budget names one. Ends early, with the reason, as Session::drive
// does.
Stop measure_peaks(const plan::Scenario& scenario, Session& session, const Recorder& recorder);

}  // namespace tidemark::run
