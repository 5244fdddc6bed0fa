#pragma once

// A body cut at random places, for tests that the cuts make no difference.

#include <random>
#include <string_view>
#include <vector>

namespace tidemark::extract {

inline std::vector<std::string_view> random_pieces(std::string_view body, std::mt19937& random,
                                                   std::size_t longest) {
  std::vector<std::string_view> pieces;
  while (!body.empty()) {
    const std::size_t size = std::uniform_int_distribution<std::size_t>(0, longest)(random);
    pieces.push_back(body.substr(0, size));
    body.remove_prefix(pieces.back().size());
  }
  return pieces;
}

}  // namespace tidemark::extract
