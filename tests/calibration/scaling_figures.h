#pragma once

// What is required of scaling, on made-up sweeps.

#include "tests/calibration/table.h"

namespace tidemark::calibration {

void add_scaling(Table& table);

}  // namespace tidemark::calibration
