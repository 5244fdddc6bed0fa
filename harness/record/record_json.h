#pragma once

// Facts to JSON and back; internal to record/. from_json throws nlohmann's exceptions on a wrong
// type or a missing key, and std::invalid_argument on an unknown word; record_file.cc turns them
// into Errors.

#include <nlohmann/json.hpp>

#include "harness/record/record.h"

namespace tidemark::record {

using Json = nlohmann::ordered_json;

Json header_to_json(const Header& header);
Header header_from_json(const Json& json);

// An event carries its kind under "event".
Json event_to_json(const Event& event);
Event event_from_json(const Json& json);

}  // namespace tidemark::record
