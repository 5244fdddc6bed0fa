#pragma once

// Facts to JSON and back; internal to record/. from_json throws the JSON library's
// exceptions on a wrong type or a missing key, and std::invalid_argument on an unknown word;
// read_json turns them into Errors.

#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <string>

#include "harness/base/json.h"
#include "harness/record/record.h"

namespace tidemark::record {

// The header (header_json.cc).
Json header_to_json(const Header& header);
Header header_from_json(const Json& json);

// An event carries its kind under "event".
Json event_to_json(const Event& event);
Event event_from_json(const Json& json);

// What the load driver counted (load_json.cc). What records of older versions do not have is left
// as it is by default.
Json to_json(const Batch& batch);
Batch batch_from_json(const Json& json, Phase phase);
Json to_json(const LatencySummary& latency);
LatencySummary latency_from_json(const Json& json);

// The value whose name it is.
template <class Enum, std::size_t N>
Enum word(const std::string& text, const std::array<Enum, N>& all, std::string_view (*name)(Enum)) {
  for (const Enum value : all)
    if (name(value) == text) return value;
  throw std::invalid_argument(fmt::format("unknown word '{}'", text));
}

}  // namespace tidemark::record
