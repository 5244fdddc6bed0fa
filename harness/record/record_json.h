#pragma once

// Facts to JSON and back; internal to record/. from_json throws the JSON library's
// exceptions on a wrong type or a missing key, and std::invalid_argument on an unknown word;
// read_json turns them into Errors.

#include "harness/base/json.h"
#include "harness/record/record.h"

namespace tidemark::record {

Json header_to_json(const Header& header);
Header header_from_json(const Json& json);

// An event carries its kind under "event".
Json event_to_json(const Event& event);
Event event_from_json(const Json& json);

}  // namespace tidemark::record
